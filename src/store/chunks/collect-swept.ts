import type { Judged } from './collect-judge.ts';
import { bytesOf } from './collect-judge.ts';

/** What a sweep took away; bytes of chunks as they were told, and as the store kept them. */
export interface Swept {
  readonly chunks: number;
  readonly bytes: number;
  readonly packs: number;
  readonly storedBytes: number;
  /** Packs of which what is live was written anew. */
  readonly rewritten: number;
}

export const NOTHING_SWEPT: Swept = { chunks: 0, bytes: 0, packs: 0, storedBytes: 0, rewritten: 0 };

export function sumOfSwept(one: Swept, other: Swept): Swept {
  return {
    chunks: one.chunks + other.chunks,
    bytes: one.bytes + other.bytes,
    packs: one.packs + other.packs,
    storedBytes: one.storedBytes + other.storedBytes,
    rewritten: one.rewritten + other.rewritten,
  };
}

/** What goes with a pack, before what is live of it is written anew. */
export function sweptOf({ pack, dead, verdict }: Judged): Swept {
  const isGone = verdict !== 'stays';
  return {
    chunks: dead.length,
    bytes: bytesOf(dead),
    packs: isGone ? 1 : 0,
    storedBytes: isGone ? pack.stored_bytes : 0,
    rewritten: verdict === 'anew' ? 1 : 0,
  };
}
