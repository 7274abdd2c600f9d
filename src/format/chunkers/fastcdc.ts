import { CHUNKER_BLOCK_BYTES } from '../../base/limits-chunks.ts';
import { gearTable } from './gear.ts';
import type { FastcdcProfile } from './profile.ts';
import type { Phase, Scanner } from './scanner.ts';

/** Level of normalised chunking: so many bits more are asked for before the average size, and fewer after it. */
const NORMALISED_BITS = 2;
const HASH_BITS = 32;

/**
 * After Xia and others, "FastCDC" (USENIX ATC 2016), with cut-point skipping and normalised chunking. A byte is shifted out
 * of the hash after 32 more: the high bits, which the masks ask for, know of most of them. The byte that makes the hash
 * a cut's belongs to the chunk.
 */
export function fastcdcPhases({ min, avg, max }: FastcdcProfile): readonly Phase[] {
  const bits = Math.log2(avg);
  return [
    { until: min, does: 'skip', mask: 0 },
    { until: avg, does: 'scan', mask: highBits(bits + NORMALISED_BITS) },
    { until: max, does: 'scan', mask: highBits(bits - NORMALISED_BITS) },
  ];
}

function highBits(count: number): number {
  return -1 << (HASH_BITS - count);
}

export class FastcdcScanner implements Scanner {
  readonly blockBytesMax = CHUNKER_BLOCK_BYTES;
  readonly #gear: Int32Array;
  #hash = 0;
  #block: Uint8Array = new Uint8Array();

  constructor({ gear }: FastcdcProfile) {
    this.#gear = gearTable(gear);
  }

  load(block: Uint8Array): void {
    this.#block = block;
  }

  reset(): void {
    this.#hash = 0;
  }

  warm(from: number, to: number): void {
    const [block, gear] = [this.#block, this.#gear];
    let hash = this.#hash;
    for (let at = from; at < to; at += 1) hash = ((hash << 1) + (gear[block[at] ?? 0] ?? 0)) | 0;
    this.#hash = hash;
  }

  scan(from: number, to: number, mask: number): number {
    const [block, gear] = [this.#block, this.#gear];
    let hash = this.#hash;
    for (let at = from; at < to; at += 1) {
      hash = ((hash << 1) + (gear[block[at] ?? 0] ?? 0)) | 0;
      if ((hash & mask) === 0) {
        this.#hash = hash;
        return at + 1;
      }
    }
    this.#hash = hash;
    return -1;
  }
}
