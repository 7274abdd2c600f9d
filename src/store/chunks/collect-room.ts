import { CodedError, codeOf } from '../../base/errors.ts';
import { TIGHT_DIVISOR_MAX, TIGHT_DIVISOR_STEP } from '../../base/limits-chunks.ts';
import { writeLogBack } from './collect-free.ts';
import type { ChunksFile } from './file.ts';

/**
 * How much of a collection goes into one transaction. On a disk that has no room for its log the reserve of the store is
 * given up, and the transactions become small, each written back before the next, until what they free has made room.
 */
export class Room {
  readonly #file: ChunksFile;
  #divisor = 1;
  #wasFull = false;

  constructor(file: ChunksFile) {
    this.#file = file;
  }

  /** Of what may be done in one transaction: what may be done now. */
  share(most: number): number {
    return Math.max(1, Math.floor(most / this.#divisor));
  }

  /** Whether the disk was found full: then nothing is written that makes the file longer. */
  get wasFull(): boolean {
    return this.#wasFull;
  }

  /** Whether there is room for nothing but what frees. */
  get isTightest(): boolean {
    return this.#divisor === TIGHT_DIVISOR_MAX;
  }

  /** Runs a transaction, and again with less where it found the disk full. @throws what `task` throws. */
  run<Result>(task: () => Result): Result {
    for (;;) {
      try {
        const result = task();
        if (this.#divisor > 1) {
          this.#writeBack();
          this.#divisor = Math.max(1, this.#divisor / 2);
        }
        return result;
      } catch (error) {
        if (codeOf(error) !== 'chunks_full' || !this.#makeMore()) throw error;
      }
    }
  }

  /** Writes the log back, so that the file is as small as it says, and keeps a reserve again. */
  end(): void {
    this.#writeBack();
    this.#file.reserve.keep();
  }

  #makeMore(): boolean {
    this.#wasFull = true;
    // First of all for what the log holds that makes the file longer: until that is written back it only grows.
    const wasReleased = this.#file.reserve.release();
    this.#writeBack();
    const couldShrink = this.#divisor < TIGHT_DIVISOR_MAX;
    this.#divisor = Math.min(TIGHT_DIVISOR_MAX, this.#divisor * TIGHT_DIVISOR_STEP);
    return wasReleased || couldShrink;
  }

  /** So that the log begins anew in the room that it has. */
  #writeBack(): void {
    try {
      writeLogBack(this.#file);
    } catch (error) {
      // What the log makes longer has no room in the file either, until more of it is free.
      if (!(error instanceof CodedError)) throw error;
    }
  }
}
