/** What can be wrong with a door. Each stands at most once a door, in the state, until it ends. */
const ALARMS = [
  'forced_open',
  'held_open',
  'tamper',
  'welded',
  'jammed',
  'exit_stuck',
  'reader_babbling',
  'reader_lost',
] as const;

export type Alarm = (typeof ALARMS)[number];

/** Those that stand until a person has looked and cleared them; the others end with their cause. */
const LATCHED: readonly Alarm[] = ['forced_open', 'tamper', 'welded'];

export function isLatched(alarm: Alarm): boolean {
  return LATCHED.includes(alarm);
}

export function isAlarm(text: unknown): text is Alarm {
  return ALARMS.some((alarm) => alarm === text);
}
