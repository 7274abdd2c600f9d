import { compareFindings, type Finding, type Rule } from './finding.ts';

/** Rules that may be excused one place at a time. The others are kept, or changed for the whole house. */
type ExcusableRule = Extract<
  Rule,
  'construct' | 'dead-cap' | 'dead-export' | 'dead-file' | 'file-name' | 'import-effect' | 'machine-path'
>;

export interface Allowance {
  readonly rule: ExcusableRule;
  readonly path: string;
  /** The subject that the finding's message quotes first: an export, a cap, a callee, a path. */
  readonly subject: string;
  readonly reason: string;
}

/** Everything the house excuses. One that excuses nothing any more is itself a finding: delete it. */
export const ALLOWANCES: readonly Allowance[] = [
  {
    rule: 'dead-export',
    path: 'src/format/ed25519.ts',
    subject: 'isAcceptableKey',
    reason: 'OpenSSL refuses small-order keys too, so only a direct test can show that we do',
  },
  {
    rule: 'dead-export',
    path: 'src/devices/credential-text.ts',
    subject: 'printCredential',
    reason: 'the inverse of parseCredential, by which tests prove that it reads what cards show',
  },
  {
    rule: 'dead-export',
    path: 'src/devices/wiegand/card.ts',
    subject: 'decodeCard',
    reason: 'facility and card as printed, which tests compare with decoders by another hand',
  },
  {
    rule: 'dead-export',
    path: 'src/sandbox/manifest.ts',
    subject: 'parseManifest',
    reason: 'tests feed it hostile text without a file for each',
  },
];

/** Drops what is excused and reports the excuses that nothing needs. */
export function applyAllowances(findings: readonly Finding[], allowances: readonly Allowance[]): readonly Finding[] {
  const unused = new Set(allowances);
  const kept = findings.filter((finding) => {
    const excuses = allowances.filter((one) => excusesFinding(one, finding));
    for (const one of excuses) unused.delete(one);
    return excuses.length === 0;
  });
  const stale = [...unused].map((one) => ({
    path: 'test/tidy/allowances.ts',
    line: 1,
    rule: 'allowance' as const,
    message: `the allowance ${one.rule} for '${one.subject}' in ${one.path} excuses nothing: delete it`,
  }));
  return [...kept, ...stale].sort(compareFindings);
}

function excusesFinding(allowance: Allowance, finding: Finding): boolean {
  return allowance.rule === finding.rule && allowance.path === finding.path && allowance.subject === finding.subject;
}
