import { randomInt } from 'node:crypto';

/** A whole number from 0 to `below` - 1. */
export type Seeded = (below: number) => number;

/** mulberry32: one printed number brings the same choices back. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function anySeed(): number {
  return randomInt(2 ** 31);
}
