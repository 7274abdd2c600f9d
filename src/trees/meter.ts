import { CHUNKER_BLOCK_BYTES } from '../base/limits-chunks.ts';
import type { ChunkImport } from '../chunks/ports.ts';

/**
 * Waits for room in the store after each `CHUNKER_BLOCK_BYTES` that were given to be cut, and lets others have their turn:
 * of a hole nothing comes from outside, and yet a signal has to be heard in its midst, and a lease renewed.
 */
export class Meter {
  readonly #import: ChunkImport;
  readonly #signal: AbortSignal;
  #bytes = 0;

  constructor(into: ChunkImport, signal: AbortSignal) {
    this.#import = into;
    this.#signal = signal;
  }

  /** Undefined: go on. @throws the reason of the signal; what `room` throws. */
  gave(bytes: number): Promise<void> | undefined {
    this.#bytes += bytes;
    if (this.#bytes < CHUNKER_BLOCK_BYTES) return undefined;
    this.#bytes = 0;
    return this.#turn();
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal.throwIfAborted();
    await this.#import.room();
  }
}
