import type { Phase, Scanner } from './scanner.ts';

/** Told the length of each chunk, in bytes, once its last byte has come. */
export type OnChunk = (bytes: number) => void;

/**
 * Cuts a stream into chunks, wherever the stream itself is divided. Holds no bytes: whoever feeds it keeps those of the
 * chunk that has not ended.
 */
export class Chunker {
  readonly #scanner: Scanner;
  readonly #phases: readonly Phase[];
  #phase = 0;
  /** Bytes of the chunk that has not ended. */
  #size = 0;

  /** @param phases in their order; the last one ends with the largest chunk. */
  constructor(scanner: Scanner, phases: readonly Phase[]) {
    this.#scanner = scanner;
    this.#phases = phases;
    scanner.reset();
  }

  /** Bytes of the chunk that has not ended. */
  get pendingBytes(): number {
    return this.#size;
  }

  push(bytes: Uint8Array, onChunk: OnChunk): void {
    const most = this.#scanner.blockBytesMax;
    for (let from = 0; from < bytes.length; from += most) {
      this.#pushBlock(from === 0 && bytes.length <= most ? bytes : bytes.subarray(from, from + most), onChunk);
    }
  }

  /** The stream ends: what remains is the last chunk. An empty stream has none. */
  end(onChunk: OnChunk): void {
    const size = this.#size;
    this.#begin();
    if (size > 0) onChunk(size);
  }

  #pushBlock(block: Uint8Array, onChunk: OnChunk): void {
    this.#scanner.load(block);
    for (let at = 0; at < block.length; ) {
      const phase = this.#phases[this.#phase];
      if (phase === undefined) throw new Error('a chunk went on after its last phase');
      const stop = Math.min(block.length, at + phase.until - this.#size);
      const cut = this.#take(phase, at, stop);
      this.#size += (cut === -1 ? stop : cut) - at;
      at = cut === -1 ? stop : cut;
      if (cut === -1 && this.#size === phase.until) this.#phase += 1;
      if (cut === -1 && this.#phase < this.#phases.length) continue;
      const size = this.#size;
      this.#begin();
      onChunk(size);
    }
  }

  #take({ does, mask }: Phase, from: number, to: number): number {
    if (does === 'scan') return this.#scanner.scan(from, to, mask);
    if (does === 'warm') this.#scanner.warm(from, to);
    return -1;
  }

  #begin(): void {
    this.#scanner.reset();
    this.#size = 0;
    this.#phase = 0;
  }
}
