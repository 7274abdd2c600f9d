/** Every rule of the house, by the name that a finding prints and an allowance quotes. */
export type Rule =
  | 'allowance'
  | 'console'
  | 'construct'
  | 'cycle'
  | 'dead-cap'
  | 'dead-export'
  | 'dead-file'
  | 'error-code'
  | 'file-name'
  | 'floor'
  | 'focused-test'
  | 'import-effect'
  | 'impure'
  | 'link'
  | 'lockfile'
  | 'machine-path'
  | 'ratchet'
  | 'size'
  | 'specifier'
  | 'syntax';

export interface Finding {
  /** From the top of the checkout, with forward slashes. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly rule: Rule;
  /** What was found, then what to do about it. */
  readonly message: string;
  /** What an allowance may name: the export, the cap, the callee. */
  readonly subject?: string;
}

export function showFinding(finding: Finding): string {
  return `${finding.path}:${finding.line} ${finding.rule}: ${finding.message}`;
}

export function compareFindings(a: Finding, b: Finding): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  if (a.line !== b.line) return a.line - b.line;
  return a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0;
}
