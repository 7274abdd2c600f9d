import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { CHUNKER_BLOCK_BYTES } from '../base/limits-chunks.ts';
import type { FileLook } from '../chunks/ports.ts';
import type { ContentEnd, OnContent } from './content-end.ts';

const { O_RDONLY, O_NONBLOCK, O_NOATIME, O_DIRECTORY } = constants;

/**
 * Reads files that another process holds open; see TREES.md. All bytes go through one buffer: garbage of their size would be
 * collected late, and each collection goes over all that this process holds.
 */
export class LentFiles {
  readonly #folder: string;
  readonly #buffer = Buffer.allocUnsafeSlow(CHUNKER_BLOCK_BYTES);

  /** @param pid of the process that lends. */
  constructor(pid: number) {
    this.#folder = `/proc/${pid}/fd`;
  }

  /** Whether what the process has open can be opened here: tried with a directory of which the look is known. */
  canOpen(number: number, look: FileLook): boolean {
    try {
      const file = openSync(`${this.#folder}/${number}`, O_RDONLY | O_DIRECTORY);
      try {
        const { device, inode } = lookOf(file);
        return device === look.device && inode === look.inode;
      } finally {
        closeSync(file);
      }
    } catch {
      return false;
    }
  }

  /** Reads as much as the file had when it was lent: it may grow faster than it is read. The bytes are lent. */
  async read(number: number, before: FileLook, onContent: OnContent): Promise<ContentEnd> {
    let file: number;
    try {
      file = open(`${this.#folder}/${number}`);
    } catch (error) {
      return { isOpened: false, code: numberOf(error) };
    }
    try {
      const code = await this.#content(file, before.bytes, onContent);
      return { isOpened: true, code, before, after: lookOf(file) };
    } finally {
      closeSync(file);
    }
  }

  /** @returns an error number, or 0. */
  async #content(file: number, length: number, onContent: OnContent): Promise<number> {
    for (let at = 0; at < length; ) {
      let count: number;
      try {
        count = readSync(file, this.#buffer, 0, Math.min(this.#buffer.length, length - at), at);
      } catch (error) {
        return numberOf(error);
      }
      if (count === 0) return 0;
      at += count;
      await onContent(this.#buffer.subarray(0, count), count);
    }
    return 0;
  }
}

/** A backup leaves no trace; only the owner and root may ask for that. */
function open(path: string): number {
  try {
    return openSync(path, O_RDONLY | O_NONBLOCK | O_NOATIME);
  } catch {
    return openSync(path, O_RDONLY | O_NONBLOCK);
  }
}

function lookOf(file: number): FileLook {
  const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(file, { bigint: true });
  return { device: dev, inode: ino, bytes: Number(size), modifiedNs: mtimeNs, changedNs: ctimeNs };
}

/** The error number of what a system call threw; anything else is a fault of ours. */
function numberOf(error: unknown): number {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') return -error.errno;
  throw error;
}
