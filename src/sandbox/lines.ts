import { isUtf8 } from 'node:buffer';
import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';

const LF = 10;
const HELD_BYTES_MIN = 4 * 1024;
const EMPTY = Buffer.alloc(0);

/**
 * Cuts a byte stream into lines of strict UTF-8, each ended by one LF; a CR is an ordinary byte of its line. Lines
 * are pulled, so that a reader that must pause leaves the rest of a chunk here. Holds the chunk being read and at
 * most one unfinished line of `lineBytesMax` bytes, however small the pieces are that it comes in; each byte is
 * searched once and copied a bounded number of times. After an error it is of no further use.
 */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #chunk: Buffer = EMPTY;
  #at = 0;
  #held: Buffer = EMPTY;
  #heldBytes = 0;

  /** `lineBytesMax` does not count the LF. */
  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** Only once `next` has returned undefined. The bytes must not change until it does so again. */
  push(chunk: Uint8Array): void {
    assert(this.#at === this.#chunk.length, 'the chunk before has been used up');
    this.#chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#at = 0;
  }

  /**
   * The next whole line without its LF, or undefined when another chunk is needed.
   * @throws line_too_long, line_not_utf8
   */
  next(): string | undefined {
    const end = this.#chunk.indexOf(LF, this.#at);
    const piece = this.#chunk.subarray(this.#at, end < 0 ? undefined : end);
    if (this.#heldBytes + piece.length > this.#lineBytesMax) {
      throw new CodedError('line_too_long', `a line is longer than ${this.#lineBytesMax} bytes`, {
        fields: { bytesMax: this.#lineBytesMax },
      });
    }
    if (end < 0) {
      this.#hold(piece);
      this.#chunk = EMPTY;
      this.#at = 0;
      return undefined;
    }
    this.#at = end + 1;
    if (this.#heldBytes === 0) return decode(piece);
    this.#hold(piece);
    const line = decode(this.#held.subarray(0, this.#heldBytes));
    // Given back, so that one long line does not keep its memory for as long as the program runs.
    this.#held = EMPTY;
    this.#heldBytes = 0;
    return line;
  }

  /** The stream has ended. @throws line_cut when its last line lacks the LF. */
  end(): void {
    if (this.#heldBytes === 0 && this.#at === this.#chunk.length) return;
    throw new CodedError('line_cut', 'the stream ended within a line', { fields: { bytes: this.#heldBytes } });
  }

  /** Bytes of memory held for an unfinished line. */
  get heldBytes(): number {
    return this.#held.length;
  }

  #hold(piece: Buffer): void {
    const bytes = this.#heldBytes + piece.length;
    if (bytes > this.#held.length) {
      // Doubling keeps copies linear; one buffer instead of a list of pieces, because a list of one-byte pieces
      // would take a hundred times the cap.
      const room = Math.min(this.#lineBytesMax, Math.max(bytes, 2 * this.#held.length, HELD_BYTES_MIN));
      const held = Buffer.allocUnsafeSlow(room);
      this.#held.copy(held, 0, 0, this.#heldBytes);
      this.#held = held;
    }
    piece.copy(this.#held, this.#heldBytes);
    this.#heldBytes = bytes;
  }
}

function decode(line: Buffer): string {
  if (!isUtf8(line)) throw new CodedError('line_not_utf8', 'a line is not UTF-8', { fields: { bytes: line.length } });
  return line.toString('utf8');
}
