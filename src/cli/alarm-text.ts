import { plain } from './output.ts';

/** What stands wrong, in words, by the names of dapp `door`. */
const STANDING = {
  forced_open: 'opened while nobody was let through',
  held_open: 'open for longer than it may be',
  tamper: 'a case was opened',
  welded: 'the lock is still powered though its output is off: the relay sticks',
  jammed: 'the lock is not powered though its output is on',
  exit_stuck: 'the exit button is pressed all the time; the way out stays open',
  reader_babbling: 'the reader says more than anybody can badge',
  reader_lost: 'the reader does not answer',
};

/** What stands until it ends or is cleared. */
export const ALARMS = Object.keys(STANDING);

const WORDS: Readonly<Record<string, string>> = {
  ...STANDING,
  implausible: 'the same card was at two doors faster than anybody walks',
};

/** The name itself where this release has no words for it. */
export function alarmText(alarm: string): string {
  return WORDS[alarm] ?? plain(alarm);
}
