import { statfsSync } from 'node:fs';
import { CodedError } from '../base/errors.ts';
import { DISK_FREE_BYTES_MIN } from '../base/limits.ts';

/** Bytes that this user may still write on the disk of `folder`. */
export function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/**
 * The line under which the last bytes of a disk are for the ledger: for facts, which have happened, and for denials,
 * which must not wait. Everything else asks here before it writes.
 */
export class DiskSpace {
  readonly #freeBytes: () => number;

  constructor(freeBytes: () => number) {
    this.#freeBytes = freeBytes;
  }

  get freeBytes(): number {
    return this.#freeBytes();
  }

  get isLow(): boolean {
    return this.#freeBytes() < DISK_FREE_BYTES_MIN;
  }

  /**
   * To be asked before anything is written that is neither a fact nor a denial. @param what it is, for people.
   * @throws disk_low.
   */
  refuseWhenLow(what: string): void {
    const freeBytes = this.#freeBytes();
    if (freeBytes >= DISK_FREE_BYTES_MIN) return;
    throw new CodedError('disk_low', `${what} is not taken: this disk has ${freeBytes} bytes left`, {
      fields: { freeBytes, freeBytesMin: DISK_FREE_BYTES_MIN },
      advice: 'Free space on this disk. Doors go on, facts and denials are still kept.',
    });
  }
}
