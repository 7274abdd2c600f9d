import { CHUNKER_BLOCK_BYTES } from '../../base/limits-chunks.ts';
import type { RabinProfile } from './profile.ts';
import { rabinTables } from './rabin-tables.ts';
import type { Phase, Scanner } from './scanner.ts';

/** Bytes before the last window say nothing, so a chunk is looked at from the window before its first possible cut on. */
export function rabinPhases({ min, avg, max, window }: RabinProfile): readonly Phase[] {
  return [
    { until: min - 1 - window, does: 'skip', mask: 0 },
    { until: min - 1, does: 'warm', mask: 0 },
    { until: max, does: 'scan', mask: avg - 1 },
  ];
}

/** The fingerprint in two halves, for numbers of JavaScript have no 64 bits. */
export class RabinScanner implements Scanner {
  readonly blockBytesMax = CHUNKER_BLOCK_BYTES;
  readonly #appendHigh: Int32Array;
  readonly #appendLow: Int32Array;
  readonly #removeHigh: Int32Array;
  readonly #removeLow: Int32Array;
  /** The last bytes taken up; the oldest stands at `#oldest`. */
  readonly #window: Uint8Array;
  #oldest = 0;
  #high = 0;
  #low = 0;
  #block: Uint8Array = new Uint8Array();

  constructor(profile: RabinProfile) {
    const { append, remove } = rabinTables(profile);
    [this.#appendHigh, this.#appendLow] = halves(append);
    [this.#removeHigh, this.#removeLow] = halves(remove);
    this.#window = new Uint8Array(profile.window);
  }

  load(block: Uint8Array): void {
    this.#block = block;
  }

  reset(): void {
    this.#window.fill(0);
    this.#oldest = 0;
    this.#high = 0;
    this.#low = 0;
  }

  warm(from: number, to: number): void {
    // What leaves the window are the zeros of `reset`, and a zero takes nothing out.
    this.#take(from, to, 0, 1);
  }

  scan(from: number, to: number, mask: number): number {
    return this.#take(from, to, mask, mask);
  }

  #take(from: number, to: number, mask: number, wanted: number): number {
    const [block, window] = [this.#block, this.#window];
    const [appendHigh, appendLow] = [this.#appendHigh, this.#appendLow];
    const [removeHigh, removeLow] = [this.#removeHigh, this.#removeLow];
    let [oldest, high, low, end] = [this.#oldest, this.#high, this.#low, -1];
    for (let at = from; at < to; at += 1) {
      const byte = block[at] ?? 0;
      const gone = window[oldest] ?? 0;
      window[oldest] = byte;
      oldest = oldest + 1 === window.length ? 0 : oldest + 1;
      high ^= removeHigh[gone] ?? 0;
      low ^= removeLow[gone] ?? 0;
      const beyond = (high >>> 23) & 0xff;
      high = ((high << 8) | (low >>> 24)) ^ (appendHigh[beyond] ?? 0);
      low = ((low << 8) | byte) ^ (appendLow[beyond] ?? 0);
      if ((low & mask) === wanted) {
        end = at + 1;
        break;
      }
    }
    [this.#oldest, this.#high, this.#low] = [oldest, high, low];
    return end;
  }
}

function halves(table: BigUint64Array): [Int32Array, Int32Array] {
  const half = (shift: bigint) => Int32Array.from(table, (value) => Number(BigInt.asIntN(32, value >> shift)));
  return [half(32n), half(0n)];
}
