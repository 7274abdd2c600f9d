import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { CHUNKER_BLOCK_BYTES } from '../base/limits-chunks.ts';
import type { FileLook } from '../chunks/ports.ts';
import type { ContentEnd, OnContent } from './content-end.ts';

const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW, O_NOATIME, O_DIRECTORY } = constants;
/** What Linux says of a file that is another now. */
const ESTALE = 116;

/**
 * Directories that another process holds open, opened here; see TREES.md. All bytes go through one buffer: garbage of
 * their size would be collected late, and each collection goes over all that this process holds.
 */
export class Lender {
  readonly #folder: string;
  readonly #buffer = Buffer.allocUnsafeSlow(CHUNKER_BLOCK_BYTES);

  /** @param pid of the process that lends. */
  constructor(pid: number) {
    this.#folder = `/proc/${pid}/fd`;
  }

  /** @param number by which the process has it open now. @returns null where nobody may look: nothing is lent. */
  open(number: number): LentFolder | null {
    try {
      return new LentFolder(openSync(`${this.#folder}/${number}`, O_RDONLY | O_DIRECTORY), this.#buffer);
    } catch {
      return null;
    }
  }
}

/** A directory, whatever has become of its name. To be closed. */
export class LentFolder {
  readonly #number: number;
  readonly #buffer: Buffer;

  /** @param number by which it is open here. @param buffer for what is read. */
  constructor(number: number, buffer: Buffer) {
    this.#number = number;
    this.#buffer = buffer;
  }

  get look(): FileLook {
    return lookOf(this.#number).look;
  }

  /** A path by which any process of this user finds a file of it. */
  pathOf(name: Uint8Array): Buffer {
    return Buffer.concat([Buffer.from(`/proc/${process.pid}/fd/${this.#number}/`), name]);
  }

  /** Reads as much as the file has when it is opened: it may grow faster than it is read. The bytes are lent. */
  async read(name: Uint8Array, onContent: OnContent): Promise<ContentEnd> {
    let file: number;
    try {
      file = openToRead(this.pathOf(name));
    } catch (error) {
      return { isOpened: false, code: numberOf(error) };
    }
    try {
      const { look: before, isFile } = lookOf(file);
      if (!isFile) return { isOpened: false, code: ESTALE };
      const code = await this.#content(file, before.bytes, onContent);
      return { isOpened: true, code, before, after: lookOf(file).look };
    } finally {
      closeSync(file);
    }
  }

  close(): void {
    closeSync(this.#number);
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

/** A backup leaves no trace; only the owner and root may ask for that. Waits for nobody, and follows no link. */
function openToRead(path: Buffer): number {
  const flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW;
  try {
    return openSync(path, flags | O_NOATIME);
  } catch {
    return openSync(path, flags);
  }
}

function lookOf(file: number): { readonly look: FileLook; readonly isFile: boolean } {
  const status = fstatSync(file, { bigint: true });
  const { dev, ino, size, mtimeNs, ctimeNs } = status;
  const look = { device: dev, inode: ino, bytes: Number(size), modifiedNs: mtimeNs, changedNs: ctimeNs };
  return { look, isFile: status.isFile() };
}

/** The error number of what a system call threw; anything else is a fault of ours. */
function numberOf(error: unknown): number {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') return -error.errno;
  throw error;
}
