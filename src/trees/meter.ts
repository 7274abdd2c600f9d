import { CHUNKER_BLOCK_BYTES } from '../base/limits-chunks.ts';
import type { ChunkImport } from '../chunks/ports.ts';

/** Waits for room in the store after each `CHUNKER_BLOCK_BYTES` that were given to be cut. */
export class Meter {
  readonly #import: ChunkImport;
  #bytes = 0;

  constructor(into: ChunkImport) {
    this.#import = into;
  }

  /** Undefined: go on. @throws what `room` throws. */
  gave(bytes: number): Promise<void> | undefined {
    this.#bytes += bytes;
    if (this.#bytes < CHUNKER_BLOCK_BYTES) return undefined;
    this.#bytes = 0;
    return this.#import.room();
  }
}
