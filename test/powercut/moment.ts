import type { Seeded } from '../node/seeded.ts';

/**
 * When the power goes: counted in what can be seen from outside, so that the worst moments, between a write and the
 * flush that covers it, are hit as often as they happen, however fast the machine is.
 */
export type Moment =
  /** Before that many writes and flushes since the power came, the first lines of a start included. */
  | { readonly since: 'power'; readonly writes: number }
  /** The same, since the ledger had verified and appends began. */
  | { readonly since: 'work'; readonly writes: number }
  /** That many acknowledgements, and a little later. */
  | { readonly since: 'work'; readonly acknowledged: number; readonly laterMs: number }
  /** As soon as the ledger has verified: a look at what is there. */
  | { readonly since: 'verified' };

const START_WRITES_MAX = 30;
const WORK_WRITES_MAX = 600;
const WORK_ACKNOWLEDGED_MAX = 100;
const LATER_MS_MAX = 30;

/** One in six while it starts, when what an earlier cut left is being put right. */
export function anyMoment(random: Seeded): Moment {
  const kind = random(12);
  if (kind < 2) return { since: 'power', writes: 1 + random(START_WRITES_MAX) };
  if (kind < 9) return { since: 'work', writes: 1 + random(WORK_WRITES_MAX) };
  return { since: 'work', acknowledged: 1 + random(WORK_ACKNOWLEDGED_MAX), laterMs: random(LATER_MS_MAX) };
}

export function momentText(moment: Moment): string {
  if (moment.since === 'verified') return 'once verified';
  if ('writes' in moment) return `at write ${moment.writes} since ${moment.since}`;
  return `${moment.laterMs} ms after acknowledgement ${moment.acknowledged}`;
}
