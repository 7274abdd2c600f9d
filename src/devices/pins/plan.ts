import { CodedError } from '../../base/errors.ts';
import type { Declaration, OutputDeclaration } from './declarations.ts';
import type { InputMember } from './inputs.ts';
import type { OutputMember } from './outputs.ts';
import type { WiegandMember } from './wiegand-readers.ts';

/** What to do with which line when the declarations change; decides only, `board.ts` acts. */

interface Placed {
  /** As `LinesBackend.place` tells them: one line, or D0 and D1. */
  readonly places: readonly string[];
}

/** A declaration and what was claimed for it. */
export type Claim = Placed &
  (
    | (OutputMember & { readonly kind: 'output' })
    | (InputMember & { readonly kind: 'input' })
    | (WiegandMember & { readonly kind: 'wiegand' })
  );

/** A declaration whose lines are still to be claimed. */
export interface Wanted extends Placed {
  readonly declaration: Declaration;
}

type OutputClaim = Extract<Claim, { readonly kind: 'output' }>;

export interface Change {
  /** Declared as before: not touched. */
  readonly kept: readonly Claim[];
  /** No longer declared like this. */
  readonly going: readonly Claim[];
  /** Wanted on lines that nothing of ours has. */
  readonly fresh: readonly Wanted[];
  /** Another output on the line of one that goes, with the same levels: the line stays with us. */
  readonly adopted: readonly { readonly from: OutputClaim; readonly declaration: OutputDeclaration }[];
  /** Those of `going` that have to give their lines back before `exchanged` can be claimed. */
  readonly blocking: readonly Claim[];
  readonly exchanged: readonly Wanted[];
}

/** Declarations are plain values with their keys in one order. */
export function sameDeclaration(one: Declaration, other: Declaration): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function overlap(one: Placed, other: Placed): boolean {
  return one.places.some((place) => other.places.includes(place));
}

/** @throws line_twice */
function refuseTwice(all: readonly (Placed & { readonly declaration: Declaration })[]): void {
  for (const [index, one] of all.entries()) {
    const other = all.slice(0, index).find((before) => overlap(before, one));
    const isTwice = new Set(one.places).size < one.places.length;
    if (other === undefined && !isTwice) continue;
    const names = [one.declaration.name, (other ?? one).declaration.name];
    throw new CodedError('line_twice', `${names.join(' and ')} are the same line`);
  }
}

/** @throws line_twice */
export function planChange(claims: readonly Claim[], wanted: readonly Wanted[]): Change {
  const known = (one: Wanted) => claims.some(({ declaration }) => sameDeclaration(one.declaration, declaration));
  const kept = claims.filter(({ declaration }) => wanted.some((one) => sameDeclaration(one.declaration, declaration)));
  const going = claims.filter((claim) => !kept.includes(claim));
  const coming = wanted.filter((one) => !known(one));
  refuseTwice([...kept, ...coming]);

  const fresh: Wanted[] = [];
  const exchanged: Wanted[] = [];
  const adopted: { from: OutputClaim; declaration: OutputDeclaration }[] = [];
  const blocking = new Set<Claim>();
  for (const one of coming) {
    const { declaration } = one;
    const held = going.filter((claim) => overlap(claim, one));
    const [from] = held;
    if (from === undefined) fresh.push(one);
    else if (
      from.kind === 'output' &&
      declaration.kind === 'output' &&
      from.declaration.active === declaration.active
    ) {
      adopted.push({ from, declaration });
    } else {
      exchanged.push(one);
      for (const claim of held) blocking.add(claim);
    }
  }
  return { kept, going, fresh, adopted, blocking: [...blocking], exchanged };
}
