import { ALLOWANCES, type Allowance } from './allowances.ts';
import { checkHouse } from './checks.ts';
import { type Rule, showFinding } from './finding.ts';
import { surveyHouse } from './house.ts';

/** A small house, and what one rule says of it: nothing, where it is the good neighbour of a broken one. */
export interface Proof {
  readonly shows: string;
  readonly files: Readonly<Record<string, string>>;
  readonly allowances?: readonly Allowance[];
  /** The findings of the rule under proof, as printed. */
  readonly says: readonly string[];
}

export type Proofs<R extends Rule> = Readonly<Record<R, readonly Proof[]>>;

export function findingsOf(rule: Rule, proof: Proof): readonly string[] {
  const tree = { files: new Map(Object.entries(proof.files)) };
  const house = surveyHouse(tree, proof.allowances ?? []);
  // What does not parse would prove nothing, and look like a good neighbour.
  if (rule !== 'syntax' && house.unparsed.length > 0) throw new Error(JSON.stringify(house.unparsed));
  const findings = checkHouse(house);
  return findings.filter((finding) => finding.rule === rule).map(showFinding);
}

/** Every allowance of the real house gives its reason in words. */
export function unreasoned(allowances: readonly Allowance[] = ALLOWANCES): readonly Allowance[] {
  return allowances.filter((one) => one.reason.trim().split(/\s+/).length < 3);
}
