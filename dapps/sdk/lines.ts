import { Fault } from './fault.ts';
import { LINE_BYTES_MAX } from './limits.ts';

const NEWLINE = 10;
const HELD_BYTES_MIN = 4 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Cuts a byte stream into lines. Holds at most one unfinished line, of at most LINE_BYTES_MAX bytes, in one buffer
 * that doubles: a list of pieces would cost a hundred times the cap if they came a byte at a time.
 */
export class LineSplitter {
  readonly #take: (line: Uint8Array) => void;
  #held: Uint8Array = NOTHING;
  #heldBytes = 0;

  /** `take` gets each whole line, in order, without its newline; the bytes are its own only until it returns. */
  constructor(take: (line: Uint8Array) => void) {
    this.#take = take;
  }

  /** @throws Fault line_too_long, after which the splitter is of no use; whatever `take` throws. */
  feed(bytes: Uint8Array): void {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      const line = this.#complete(bytes.subarray(from, end));
      from = end + 1;
      this.#take(line);
    }
    if (from < bytes.length) this.#hold(bytes.subarray(from));
  }

  #complete(last: Uint8Array): Uint8Array {
    if (this.#heldBytes === 0) return within(last, last.length);
    this.#hold(last);
    const line = this.#held.subarray(0, this.#heldBytes);
    // Let go, so that one long line does not keep its memory for the life of the program.
    this.#held = NOTHING;
    this.#heldBytes = 0;
    return line;
  }

  #hold(part: Uint8Array): void {
    const bytes = this.#heldBytes + part.length;
    within(part, bytes);
    if (bytes > this.#held.length) {
      const grown = new Uint8Array(Math.min(LINE_BYTES_MAX, Math.max(bytes, 2 * this.#held.length, HELD_BYTES_MIN)));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(part, this.#heldBytes);
    this.#heldBytes = bytes;
  }
}

function within(part: Uint8Array, bytes: number): Uint8Array {
  if (bytes <= LINE_BYTES_MAX) return part;
  throw new Fault('line_too_long', `a line is longer than ${LINE_BYTES_MAX} bytes`);
}

/** How many bytes `value` takes in UTF-8; a lone surrogate counts as the three of its replacement. */
export function utf8Length(value: string): number {
  let length = 0;
  for (const char of value) {
    const point = char.codePointAt(0) ?? 0;
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return length;
}
