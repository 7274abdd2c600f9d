import { CHUNK_BYTES_MAX, INLINE_BYTES_MAX } from '../base/limits-chunks.ts';
import type { Chunker } from '../format/chunkers/chunker.ts';
import { sha256 } from '../format/ids.ts';
import type { Part } from './list.ts';
import { type BlobRoot, ListWriter } from './list-writer.ts';
import type { Content } from './tree/entry.ts';

/** Where chunks and lists go. Told as they come, each with its SHA-256; the same one may come again. */
export interface ChunkSink {
  /** The bytes are lent: they may be others after the call. */
  chunk(part: Part, bytes: Uint8Array): void;
  list(digest: Uint8Array, bytes: Uint8Array): void;
}

/** Cuts a stream and puts its chunks under lists. Once a stream has ended, the next one may come. */
export class BlobWriter {
  readonly #chunker: Chunker;
  readonly #sink: ChunkSink;
  readonly #lists: ListWriter;
  /** The chunk that has not ended. */
  readonly #held = new HeldBytes();
  /** The first chunk of endless zeros. */
  #zeroChunk: Part | null = null;

  constructor(chunker: Chunker, sink: ChunkSink) {
    this.#chunker = chunker;
    this.#sink = sink;
    this.#lists = new ListWriter((digest, bytes) => sink.list(digest, bytes));
  }

  /** @param bytes are lent: they may be others after the call. */
  push(bytes: Uint8Array): void {
    let from = 0;
    this.#chunker.push(bytes, (length) => {
      const to = from + length - this.#held.length;
      this.#keep(this.#held.whole(bytes.subarray(from, to)));
      from = to;
    });
    if (from < bytes.length) this.#held.add(bytes.subarray(from));
  }

  /** As `push`. At the end of a chunk the cutter forgets what was before: from there on, zeros are cut like all zeros. */
  pushZeros(length: number): void {
    for (let left = length; left > 0; ) {
      const bytes = ZEROS.subarray(0, left);
      const isAtEnd = this.#held.length === 0;
      const part = isAtEnd && bytes.length === CHUNK_BYTES_MAX ? this.#zeroChunkOf(bytes) : null;
      if (part === null) this.push(bytes);
      else this.#tell(part, bytes.subarray(0, part.length));
      left -= part?.length ?? bytes.length;
    }
  }

  /** @returns null for a stream without bytes. */
  end(): BlobRoot | null {
    this.#chunker.end(() => this.#keep(this.#held.whole(NOTHING)));
    return this.#lists.end();
  }

  #keep(bytes: Uint8Array): void {
    this.#tell({ digest: sha256(bytes), length: bytes.length }, bytes);
  }

  #tell(part: Part, bytes: Uint8Array): void {
    this.#sink.chunk(part, bytes);
    this.#lists.add(part);
  }

  /** @param zeros as many as the largest chunk has. */
  #zeroChunkOf(zeros: Uint8Array): Part {
    if (this.#zeroChunk === null) {
      const lengths: number[] = [];
      this.#chunker.push(zeros, (length) => lengths.push(length));
      this.#chunker.end(() => undefined);
      const [length = zeros.length] = lengths;
      this.#zeroChunk = { digest: sha256(zeros.subarray(0, length)), length };
    }
    return this.#zeroChunk;
  }
}

const NOTHING = new Uint8Array();
const ZEROS = new Uint8Array(CHUNK_BYTES_MAX);

/** Bytes of a chunk that came in pieces, put together in one place: garbage of their size would be collected late. */
class HeldBytes {
  #bytes: Buffer | null = null;
  length = 0;

  add(piece: Uint8Array): void {
    this.#bytes ??= Buffer.allocUnsafeSlow(CHUNK_BYTES_MAX);
    this.#bytes.set(piece, this.length);
    this.length += piece.length;
  }

  /** What is held and then `last`, lent until the next `add`; holds nothing afterwards. */
  whole(last: Uint8Array): Uint8Array {
    if (this.length === 0 || this.#bytes === null) return last;
    this.add(last);
    const bytes = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return bytes;
  }
}

/** A stream that is kept where it is told of while it is small, and as a blob once it is not. */
export class ContentWriter {
  readonly #makeBlob: () => BlobWriter;
  #blob: BlobWriter | null = null;
  #head: Uint8Array[] = [];
  #length = 0;

  /** @param makeBlob is asked once the stream has become too long. */
  constructor(makeBlob: () => BlobWriter) {
    this.#makeBlob = makeBlob;
  }

  /** @param bytes are lent: they may be others after the call. */
  push(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#blob === null && this.#length <= INLINE_BYTES_MAX) {
      this.#head.push(Buffer.from(bytes));
      return;
    }
    this.#asBlob().push(bytes);
  }

  pushZeros(length: number): void {
    if (this.#length + length <= INLINE_BYTES_MAX) {
      this.push(ZEROS.subarray(0, length));
      return;
    }
    this.#length += length;
    this.#asBlob().pushZeros(length);
  }

  end(): Content {
    const root = this.#blob?.end() ?? null;
    if (root !== null) return root;
    const [first, ...more] = this.#head;
    return { inline: first !== undefined && more.length === 0 ? first : Buffer.concat(this.#head) };
  }

  #asBlob(): BlobWriter {
    this.#blob ??= this.#makeBlob();
    for (const part of this.#head) this.#blob.push(part);
    this.#head = [];
    return this.#blob;
  }
}
