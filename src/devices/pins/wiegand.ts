import { PINS_EDGE_US_MIN, PINS_FRAME_BITS_MAX, PINS_FRAME_BITS_MIN } from '../../base/limits.ts';
import type { PinsFaultReason } from './events.ts';

/** What an edge, or the passing of time, completed. */
export type Framed =
  | { readonly type: 'frame'; readonly atNs: bigint; readonly bits: string }
  | { readonly type: 'fault'; readonly atNs: bigint; readonly reason: Exclude<PinsFaultReason, 'babbling'> };

const EDGE_NS_MIN = BigInt(PINS_EDGE_US_MIN) * 1_000n;

/**
 * Cuts the falling edges of a Wiegand reader into frames, by their times alone: when they are read does not matter,
 * as long as they are read in order and `tick` comes after every edge that is waiting. The twin of
 * `native/wiegand.c`; both take the vectors of `test/vectors/wiegand-framing.json`.
 */
export class WiegandFraming {
  readonly #gapNs: bigint;
  /** The newest edge, told or not. */
  #lastNs: bigint | undefined;
  /** Edges have come that no gap has ended yet. */
  #isOpen = false;
  /** What has come since the last gap is no frame, and that has been told. */
  #isSpoiled = false;
  #bits = '';

  constructor(gapNs: bigint) {
    this.#gapNs = gapNs;
  }

  /** `isLost`: edges between this one and the one before it are missing. */
  edge(one: boolean, atNs: bigint, isLost: boolean): Framed | undefined {
    const apartNs = this.#lastNs === undefined ? undefined : atNs - this.#lastNs;
    if (apartNs === undefined || apartNs > 0n) this.#lastNs = atNs;
    // What is missing may be the end of one frame, the beginning of the next, or both: neither is told.
    if (isLost) return this.#spoil('lost_edges', atNs);
    let ended: Framed | undefined;
    if (apartNs === undefined || apartNs > this.#gapNs) {
      ended = this.#end(atNs - (apartNs ?? 0n));
      this.#isOpen = true;
      this.#isSpoiled = false;
    } else if (!this.#isOpen) {
      // The clock ended its frame before this edge reached us: the rest of a frame is not the next one.
      return this.#spoil('lost_edges', atNs);
    } else if (apartNs < EDGE_NS_MIN) return this.#spoil('glitch', atNs);
    if (this.#isSpoiled) return undefined;
    if (this.#bits.length === PINS_FRAME_BITS_MAX) return this.#spoil('over_long', atNs);
    this.#bits += one ? '1' : '0';
    return ended;
  }

  /** Ends a frame whose gap is over at `nowNs`. */
  tick(nowNs: bigint): Framed | undefined {
    const dueNs = this.dueNs();
    return dueNs === undefined || nowNs < dueNs ? undefined : this.#end(dueNs - this.#gapNs - 1n);
  }

  /** When `tick` has work; undefined for never. */
  dueNs(): bigint | undefined {
    return this.#isOpen && this.#lastNs !== undefined ? this.#lastNs + this.#gapNs + 1n : undefined;
  }

  #spoil(reason: 'lost_edges' | 'glitch' | 'over_long', atNs: bigint): Framed | undefined {
    const isTold = this.#isOpen && this.#isSpoiled;
    this.#isOpen = true;
    this.#isSpoiled = true;
    this.#bits = '';
    return isTold ? undefined : { type: 'fault', atNs, reason };
  }

  #end(lastNs: bigint): Framed | undefined {
    const bits = this.#bits;
    const isFrame = this.#isOpen && !this.#isSpoiled;
    this.#isOpen = false;
    this.#bits = '';
    if (!isFrame) return undefined;
    if (bits.length < PINS_FRAME_BITS_MIN) return { type: 'fault', atNs: lastNs, reason: 'too_short' };
    return { type: 'frame', atNs: lastNs, bits };
  }
}

/** The bits as a number in hex, left padded with zero bits to whole digits. */
export function hexOf(bits: string): string {
  const digits = Math.ceil(bits.length / 4);
  return BigInt(`0b${bits}`).toString(16).padStart(digits, '0');
}
