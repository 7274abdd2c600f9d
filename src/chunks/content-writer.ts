import { INLINE_BYTES_MAX } from '../base/limits-chunks.ts';
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

/** Cuts a stream and puts its chunks under lists; holds the chunk that has not ended. */
export class BlobWriter {
  readonly #chunker: Chunker;
  readonly #sink: ChunkSink;
  readonly #lists: ListWriter;
  #pending: Uint8Array[] = [];

  constructor(chunker: Chunker, sink: ChunkSink) {
    this.#chunker = chunker;
    this.#sink = sink;
    this.#lists = new ListWriter((digest, bytes) => sink.list(digest, bytes));
  }

  /** @param bytes are not to be changed while the chunk they end in has not: for CHUNK_BYTES_MAX of the stream, at most. */
  push(bytes: Uint8Array): void {
    let from = 0;
    this.#chunker.push(bytes, (length) => {
      const to = from + length - this.#pendingBytes();
      this.#pending.push(bytes.subarray(from, to));
      this.#keep();
      from = to;
    });
    if (from < bytes.length) this.#pending.push(bytes.subarray(from));
  }

  /** @returns null for a stream without bytes. */
  end(): BlobRoot | null {
    this.#chunker.end(() => this.#keep());
    return this.#lists.end();
  }

  #pendingBytes(): number {
    return this.#pending.reduce((sum, { length }) => sum + length, 0);
  }

  #keep(): void {
    // Most chunks lie in one piece, which is not copied: garbage of that size is collected late.
    const [first, ...rest] = this.#pending;
    const bytes = first !== undefined && rest.length === 0 ? first : Buffer.concat(this.#pending);
    this.#pending = [];
    const part = { digest: sha256(bytes), length: bytes.length };
    this.#sink.chunk(part, bytes);
    this.#lists.add(part);
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

  push(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#blob === null && this.#length <= INLINE_BYTES_MAX) {
      this.#head.push(bytes);
      return;
    }
    this.#blob ??= this.#makeBlob();
    for (const part of this.#head) this.#blob.push(part);
    this.#head = [];
    this.#blob.push(bytes);
  }

  end(): Content {
    const root = this.#blob?.end() ?? null;
    return root ?? { inline: Buffer.concat(this.#head) };
  }
}
