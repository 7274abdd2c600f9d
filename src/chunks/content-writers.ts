import type { Chunker } from '../format/chunkers/chunker.ts';
import { BlobWriter, type ChunkSink, ContentWriter } from './content-writer.ts';

/**
 * Writes contents with few chunkers: one that has ended its stream cuts the next. A chunker in WASM reserves much address
 * space, and a tree has a million files.
 */
export class ContentWriters {
  readonly #makeChunker: () => Chunker;
  readonly #sink: ChunkSink;
  readonly #idle: Chunker[] = [];

  constructor(makeChunker: () => Chunker, sink: ChunkSink) {
    this.#makeChunker = makeChunker;
    this.#sink = sink;
  }

  /** @returns `end` is to be called once, and nothing after it. */
  open(): Pick<ContentWriter, 'push' | 'end'> {
    let chunker: Chunker | null = null;
    const writer = new ContentWriter(() => {
      chunker = this.#idle.pop() ?? this.#makeChunker();
      return new BlobWriter(chunker, this.#sink);
    });
    return {
      push: (bytes) => writer.push(bytes),
      end: () => {
        const content = writer.end();
        if (chunker !== null) this.#idle.push(chunker);
        return content;
      },
    };
  }
}
