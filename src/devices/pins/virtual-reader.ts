import { CodedError } from '../../base/errors.ts';
import type { ClaimedLine, WiegandEdge } from './lines.ts';
import { NS_PER_MS, nowNs } from './monotonic.ts';

const NS_PER_US = 1_000n;
const PULSE_US = 1_000;
const BITS_MAX = 256;
const COUNT_MAX = 1_000_000;

/** A number of at most COUNT_MAX. @throws bad_request */
function numberIn(text: string): number {
  const number = /^[0-9]{1,7}$/.test(text) ? Number(text) : COUNT_MAX + 1;
  if (number > COUNT_MAX) throw new CodedError('bad_request', `expected a number up to ${COUNT_MAX}, found ${text}`);
  return number;
}

function bitsIn(count: string, hex: string): string {
  const bits = numberIn(count);
  const isWhole = bits >= 1 && bits <= BITS_MAX && /^[0-9a-f]+$/.test(hex) && hex.length === Math.ceil(bits / 4);
  const text = isWhole ? BigInt(`0x${hex}`).toString(2).padStart(bits, '0') : '';
  if (text.length !== bits) throw new CodedError('bad_request', `expected BITS from 1 to ${BITS_MAX} and HEX of that`);
  return text;
}

/**
 * A Wiegand reader in memory. Its edges are stamped as if the reader had sent them at an even pace until now, or from
 * the end of the last gap on: no test has to wait for a reader's pace, and no slow machine can stretch it.
 */
export class VirtualReader implements ClaimedLine {
  readonly #gapNs: bigint;
  readonly #onEdge: (edge: WiegandEdge) => void;
  readonly #onRelease: () => void;
  #lastNs = 0n;
  #seq = 0;
  readonly #lineSeqs: [number, number] = [0, 0];
  /** So many of the next edges count, but are not told. */
  #losing = 0;

  constructor(gapMs: number, onEdge: (edge: WiegandEdge) => void, onRelease: () => void) {
    this.#gapNs = BigInt(gapMs) * NS_PER_MS;
    this.#onEdge = onEdge;
    this.#onRelease = onRelease;
  }

  release(): void {
    this.#onRelease();
  }

  /** `part` and `words` as PROTOCOL.md has them for `--drive`. @throws bad_request */
  drive(part: string, words: readonly string[]): void {
    const [first = '', second = '', third] = words;
    if ((part === 'd0' || part === 'd1') && first === 'pulse' && words.length <= 2) {
      this.#pulse(part === 'd1', words.length === 2 ? numberIn(second) : undefined);
    } else if (part === 'wiegand' && (words.length === 2 || words.length === 3)) {
      this.#frame(bitsIn(first, second), third === undefined ? PULSE_US : numberIn(third));
    } else if (part === 'lose' && words.length === 1) {
      this.#losing = numberIn(first);
    } else {
      throw new CodedError('bad_request', 'expected .d0|.d1 pulse [US], .wiegand BITS HEX [US] or .lose COUNT');
    }
  }

  /** `afterUs`: stamped so long after the edge before, whenever that was. */
  #pulse(one: boolean, afterUs: number | undefined): void {
    const now = nowNs();
    const after = this.#lastNs + BigInt(afterUs ?? PULSE_US) * NS_PER_US;
    const isRelative = afterUs !== undefined && this.#lastNs > 0n;
    this.#edge(one, isRelative || after > now ? after : now);
  }

  #frame(bits: string, everyUs: number): void {
    const everyNs = BigInt(everyUs) * NS_PER_US;
    const paced = nowNs() - everyNs * BigInt(bits.length - 1);
    const free = this.#lastNs + this.#gapNs + NS_PER_MS;
    let atNs = paced > free ? paced : free;
    for (const bit of bits) {
      this.#edge(bit === '1', atNs);
      atNs += everyNs;
    }
  }

  #edge(one: boolean, atNs: bigint): void {
    const line = one ? 1 : 0;
    this.#lastNs = atNs;
    this.#seq += 1;
    this.#lineSeqs[line] += 1;
    if (this.#losing > 0) this.#losing -= 1;
    else this.#onEdge({ one, atNs, seq: this.#seq, lineSeq: this.#lineSeqs[line] });
  }
}
