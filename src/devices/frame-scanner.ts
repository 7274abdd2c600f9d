import { assert } from '../base/assert.ts';
import type { ByteParser } from './byte-parser.ts';

/**
 * What the bytes that are held now begin with: `need`, more of them to tell; `stray`, no frame; `refused`, a frame that
 * is none after all; or a frame of `length` bytes with what it says.
 */
export type Look<Found, Fault extends string> =
  | 'need'
  | 'stray'
  | { readonly refused: Fault }
  | { readonly length: number; readonly found: Found };

interface ScannerOptions<Found, Fault extends string> {
  /** The longest frame. `look` never needs more than that. */
  readonly bytesMax: number;
  readonly faults: readonly Fault[];
  /** Called with 1 to `bytesMax` bytes, valid only during the call. */
  readonly look: (bytes: Uint8Array) => Look<Found, Fault>;
  readonly onFound: (found: Found) => void;
}

/**
 * Finds binary frames, whose content may hold what looks like another frame's start. So a frame that is refused costs
 * only its first byte: the bytes behind it are looked at again, and a good frame that begins among them is found. It
 * holds at most `bytesMax` bytes, and looks at each at most that often.
 *
 * The scanner knows no time: half a frame waits for what comes next, and is then refused as one with it.
 */
export class FrameScanner<Found, Fault extends string> implements ByteParser {
  readonly #options: ScannerOptions<Found, Fault>;
  readonly #held: Uint8Array;
  readonly #refused: Record<Fault | 'no_end', number>;
  #length = 0;
  #strayBytes = 0;

  constructor(options: ScannerOptions<Found, Fault>) {
    this.#options = options;
    this.#held = new Uint8Array(options.bytesMax);
    const counts = [...options.faults, 'no_end'].map((fault) => [fault, 0]);
    this.#refused = Object.fromEntries(counts) as Record<Fault | 'no_end', number>;
  }

  /** `no_end`: cut off by the loss of the port. The others are the family's own. */
  get refused(): Readonly<Record<Fault | 'no_end', number>> {
    return { ...this.#refused };
  }

  get strayBytes(): number {
    return this.#strayBytes;
  }

  get bufferedBytes(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      assert(this.#length < this.#held.length, 'a frame is told to be one before it fills the scanner');
      this.#held[this.#length] = byte;
      this.#length += 1;
      this.#scan();
    }
  }

  reset(): void {
    if (this.#length > 0) this.#refused.no_end += 1;
    this.#length = 0;
  }

  #scan(): void {
    while (this.#length > 0) {
      const look = this.#options.look(this.#held.subarray(0, this.#length));
      if (look === 'need') return;
      if (look === 'stray') {
        this.#strayBytes += 1;
        this.#drop(1);
      } else if ('refused' in look) {
        this.#refused[look.refused] += 1;
        this.#drop(1);
      } else {
        this.#drop(look.length);
        this.#options.onFound(look.found);
      }
    }
  }

  #drop(count: number): void {
    this.#held.copyWithin(0, count, this.#length);
    this.#length -= count;
  }
}
