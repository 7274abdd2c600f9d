import { CodedError } from '../base/errors.ts';
import { BLOB_BYTES_MAX, LIST_PARTS_MAX, LIST_PARTS_MIN } from '../base/limits-chunks.ts';
import { sha256 } from '../format/ids.ts';
import { encodeList, listLength, type Part } from './list.ts';

/** A list ends after a digest whose last byte ends in so many zero bits. */
const END_MASK = 0x7f;

/** What names a whole blob: a chunk, or its topmost list. */
export interface BlobRoot extends Part {
  /** 0: it is one chunk, or empty. */
  readonly height: number;
}

/**
 * Puts the chunks of a blob, told in their order, under lists. Holds one unfinished list of each height. Once a blob has
 * ended, the next one may come.
 * @param keep is given each list as soon as it ends, with its digest; the topmost one comes last.
 */
export class ListWriter {
  readonly #keep: (digest: Uint8Array, bytes: Uint8Array) => void;
  /** The unfinished list of height n + 1 stands at n. */
  #open: Part[][] = [];
  #bytes = 0;

  constructor(keep: (digest: Uint8Array, bytes: Uint8Array) => void) {
    this.#keep = keep;
  }

  /** @throws blob_long: nobody would read its lists again. */
  add(chunk: Part): void {
    this.#bytes += chunk.length;
    if (this.#bytes > BLOB_BYTES_MAX) {
      throw new CodedError('blob_long', `a blob has ${BLOB_BYTES_MAX} bytes at most, and this one has more`, {
        fields: { bytesMax: BLOB_BYTES_MAX },
        advice: 'Store it in several parts.',
      });
    }
    this.#add(0, chunk);
  }

  /** @returns null for a blob without bytes, which has no chunk. */
  end(): BlobRoot | null {
    for (let level = 0; level < this.#open.length; level += 1) {
      const parts = this.#open[level] ?? [];
      const [first] = parts;
      const isTop = level === this.#open.length - 1;
      if (isTop && parts.length === 1 && first !== undefined) return this.#ended({ ...first, height: level });
      if (parts.length > 0) this.#close(level);
    }
    return this.#ended(null);
  }

  #ended(root: BlobRoot | null): BlobRoot | null {
    this.#open = [];
    this.#bytes = 0;
    return root;
  }

  #add(level: number, part: Part): void {
    const parts = this.#open[level] ?? [];
    this.#open[level] = parts;
    parts.push(part);
    if (parts.length === LIST_PARTS_MAX || (parts.length >= LIST_PARTS_MIN && isEnd(part))) this.#close(level);
  }

  #close(level: number): void {
    const parts = this.#open[level] ?? [];
    this.#open[level] = [];
    const bytes = encodeList({ height: level + 1, parts });
    const digest = sha256(bytes);
    this.#keep(digest, bytes);
    this.#add(level + 1, { digest, length: listLength({ parts }) });
  }
}

function isEnd({ digest }: Part): boolean {
  return ((digest.at(-1) ?? 0) & END_MASK) === 0;
}
