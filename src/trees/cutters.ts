import { BlobWriter, type ChunkSink, ContentWriter } from '../chunks/content-writer.ts';
import type { Content } from '../chunks/tree/entry.ts';
import type { Chunker } from '../format/chunkers/chunker.ts';
import { chunkerFor } from '../format/chunkers/cut.ts';
import type { ChunkerProfile } from '../format/chunkers/profile.ts';

/** Makes writers of contents, whose chunkers serve one after the other: each has more than a MiB of its own. */
export class Cutters {
  readonly #profile: ChunkerProfile;
  readonly #sink: ChunkSink;
  readonly #idle: Chunker[] = [];

  constructor(profile: ChunkerProfile, sink: ChunkSink) {
    this.#profile = profile;
    this.#sink = sink;
  }

  begin(): OpenContent {
    let chunker: Chunker | null = null;
    const writer = new ContentWriter(() => {
      chunker = this.#idle.pop() ?? chunkerFor(this.#profile);
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

export interface OpenContent {
  /** The bytes are not changed afterwards. */
  push(bytes: Uint8Array): void;
  /** Once. */
  end(): Content;
}
