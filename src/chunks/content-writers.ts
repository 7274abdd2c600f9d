import type { Chunker } from '../format/chunkers/chunker.ts';
import { BlobWriter, type ChunkSink, ContentWriter } from './content-writer.ts';
import type { Content } from './tree/entry.ts';

/**
 * Writes contents with few blob writers: one that has ended its stream takes the next. Each has more than a MiB of its own,
 * and a tree has a million files.
 */
export class ContentWriters {
  readonly #makeChunker: () => Chunker;
  readonly #sink: ChunkSink;
  readonly #idle: BlobWriter[] = [];

  constructor(makeChunker: () => Chunker, sink: ChunkSink) {
    this.#makeChunker = makeChunker;
    this.#sink = sink;
  }

  open(): OpenContent {
    let blob: BlobWriter | null = null;
    const writer = new ContentWriter(() => {
      blob = this.#idle.pop() ?? new BlobWriter(this.#makeChunker(), this.#sink);
      return blob;
    });
    return {
      push: (bytes) => writer.push(bytes),
      pushZeros: (length) => writer.pushZeros(length),
      end: () => {
        const content = writer.end();
        if (blob !== null) this.#idle.push(blob);
        return content;
      },
    };
  }
}

export interface OpenContent {
  /** The bytes are lent: they may be others after the call. */
  push(bytes: Uint8Array): void;
  /** As `push` of so many zeros, and faster. */
  pushZeros(length: number): void;
  /** To be called once, and nothing after it. */
  end(): Content;
}
