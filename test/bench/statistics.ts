import { assert } from '../../src/base/assert.ts';
import type { Spread } from './row.ts';

/** The smallest sample that at least `share` (0 to 1) of all samples do not exceed: nearest rank, nothing invented. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  assert(value !== undefined, 'there is a sample');
  return value;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

export function spreadOf(samples: readonly number[]): Spread {
  return { count: samples.length, least: Math.min(...samples), most: Math.max(...samples) };
}
