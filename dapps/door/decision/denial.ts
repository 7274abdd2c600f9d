/** Why a door stays shut, in the order in which the first that applies is told. */
const DENIAL_CODES = [
  'no_door',
  'unknown_badge',
  'ambiguous_badge',
  'no_such_member',
  'lost',
  'suspended',
  'lockdown',
  'disabled',
  'not_yet_valid',
  'guest_over',
  'expired',
  'stale',
  'clock_unknown',
  'holiday',
  'outside_hours',
  'not_allowed',
  'pin_blocked',
  'pin_missing',
  'pin_wrong',
  'passback',
  'second_person_missing',
  'welded',
] as const;

export type DenialCode = (typeof DENIAL_CODES)[number];

/** `rule` names what decided, for people and for the log. */
export interface Denial {
  readonly code: DenialCode;
  readonly rule: string;
}

/** In the order of the codes, each pair of code and rule once. */
export function inOrder(denials: readonly Denial[]): readonly Denial[] {
  const unique = new Map(denials.map((denial) => [`${denial.code} ${denial.rule}`, denial]));
  const place = ({ code }: Denial) => DENIAL_CODES.indexOf(code);
  return [...unique.values()].sort((a, b) => place(a) - place(b));
}

/** The denials that people made with an entry each, named by it so that each can be lifted. */
export function standing(code: DenialCode, entries: readonly string[]): readonly Denial[] {
  return entries.map((entry) => ({ code, rule: `denial:${entry}` }));
}
