import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lstatSync,
  openSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CHUNKS_RESERVE_BYTES } from '../../base/limits-chunks.ts';
import { freeBytesOf } from '../disk-space.ts';

const NEW = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
const MODE = 0o666;

/**
 * Room on the disk of a store that is kept as a file beside it: to free anything, SQLite needs some for its log first. A
 * collection gives it up on a full disk, and keeps it again afterwards.
 */
export class Reserve {
  readonly #store: string;
  readonly #path: string;

  constructor(store: string) {
    this.#store = store;
    this.#path = `${store}-reserve`;
  }

  /** Gives it to the disk. @returns whether there was any. */
  release(): boolean {
    try {
      rmSync(this.#path);
      return true;
    } catch {
      return false;
    }
  }

  /** Keeps it, where the disk has twice as much. Where it cannot be kept the store works all the same. */
  keep(): void {
    try {
      const found = lstatSync(this.#path, { throwIfNoEntry: false });
      if (found?.size === CHUNKS_RESERVE_BYTES) return;
      this.release();
      if (freeBytesOf(dirname(this.#path)) >= 2 * CHUNKS_RESERVE_BYTES) this.#fill(statSync(this.#store));
    } catch {
      this.release();
    }
  }

  /** It has no content to lose, so it is not synced. */
  #fill({ uid, gid, mode }: Stats): void {
    const file = openSync(this.#path, NEW, mode & MODE);
    try {
      fchmodSync(file, mode & MODE);
      if (process.geteuid?.() === 0) fchownSync(file, uid, gid);
      // A file system that compresses would keep zeros in no room at all.
      const bytes = randomFillSync(Buffer.allocUnsafe(CHUNKS_RESERVE_BYTES));
      for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from);
    } finally {
      closeSync(file);
    }
  }
}
