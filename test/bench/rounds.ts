import type { Measured, Row, Work } from './row.ts';
import { median, spreadOf } from './statistics.ts';

interface Figures {
  readonly row: Pick<Row, 'value' | 'yardstick' | 'ratio'>;
  readonly spreads: Pick<Measured, 'ours' | 'yardsticks'>;
}

interface Pair {
  /** Each gives the figure of one round. */
  readonly ours: () => number | Promise<number>;
  readonly yardstick: () => number | Promise<number>;
}

/**
 * Medians of rounds that take turns, so that what else the machine does falls on both; the first round of each warms
 * up and is not counted.
 */
export async function rounds(count: number, work: Work, pair: Pair): Promise<Figures> {
  const ours: number[] = [];
  const yardsticks: number[] = [];
  for (let round = 0; round <= count; round += 1) {
    const [one, other] = [await pair.ours(), await pair.yardstick()];
    work.say(round === 0 ? 'warm' : `round ${round} of ${count}`);
    if (round === 0) continue;
    ours.push(one);
    yardsticks.push(other);
  }
  const value = median(ours);
  const yardstick = median(yardsticks);
  return {
    row: { value, yardstick, ratio: value / yardstick },
    spreads: { ours: spreadOf(ours), yardsticks: spreadOf(yardsticks) },
  };
}

/** How often a second `task` runs, for at least `ms`; the clock is looked at once in `batch` runs. */
export function rateOf(task: () => void, batch: number, ms: number): number {
  const startMs = performance.now();
  let runs = 0;
  let spentMs = 0;
  do {
    for (let run = 0; run < batch; run += 1) task();
    runs += batch;
    spentMs = performance.now() - startMs;
  } while (spentMs < ms);
  return (runs * 1000) / spentMs;
}

/** As `rateOf`, for a task that is over when its promise is. */
export async function rateOfEach(task: () => Promise<void>, batch: number, ms: number): Promise<number> {
  const startMs = performance.now();
  let runs = 0;
  let spentMs = 0;
  do {
    for (let run = 0; run < batch; run += 1) await task();
    runs += batch;
    spentMs = performance.now() - startMs;
  } while (spentMs < ms);
  return (runs * 1000) / spentMs;
}
