import { plain } from './output.ts';

/** Why a door stays shut, in words, by the codes of dapp `door`; where the rule says more, by code and rule. */
const WORDS: Readonly<Record<string, string>> = {
  no_door: 'no door has this reader',
  unknown_badge: 'nobody knows this card',
  ambiguous_badge: 'more than one member has a card that reads like this one',
  no_such_member: 'the member is not there any more',
  lost: 'the card is reported lost',
  suspended: 'the member is suspended',
  lockdown: 'the space is locked down',
  disabled: 'the door is disabled',
  not_yet_valid: 'too early: it is not valid yet',
  guest_over: 'the guest’s time is over',
  expired: 'the plan has ended, its grace too',
  'expired no-plan': 'no plan, and no permanent member',
  stale: 'this board was restored from a backup that is too old',
  clock_unknown: 'the clock is not known to be right',
  holiday: 'today is a holiday',
  outside_hours: 'outside of the hours',
  not_allowed: 'no rule of the door names this member',
  pin_blocked: 'too many wrong PINs: PINs are not taken for a while',
  pin_missing: 'a PIN is asked for',
  pin_wrong: 'the PIN is wrong',
  passback: 'came in here just now',
  second_person_missing: 'a second member has to badge in too',
  welded: 'the relay of the output sticks: once it is mended, clear the alarm',
};

/** The code itself where this release has no words for it. */
export function codeText(code: string, rule: string): string {
  return WORDS[`${code} ${rule}`] ?? WORDS[code] ?? plain(code);
}
