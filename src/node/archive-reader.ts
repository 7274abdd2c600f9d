import { constants, type FileHandle, open } from 'node:fs/promises';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { openChunk, SEALED_CHUNK_BYTES } from './archive-chunks.ts';
import { ARCHIVE_HEADER_BYTES, type ArchiveHeader, readHeader, unlockHeader } from './archive-header.ts';
import type { ArchiveKeys, ArchiveSecret } from './archive-secret.ts';

/**
 * Opens a file of unknown origin to be read from the start.
 * @throws file_missing, file_unreadable, and `code` when it is no plain file: a pipe or a device has no end.
 */
export async function openToRead(path: string, code: string): Promise<{ file: FileHandle; bytes: number }> {
  let file: FileHandle;
  try {
    // Whoever opens a pipe to which nobody writes would wait for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const missing = codeOf(cause) === 'ENOENT' ? 'file_missing' : 'file_unreadable';
    throw new CodedError(missing, `cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      fields: { path },
      advice: missing === 'file_missing' ? 'Check its name.' : 'Check its owner and mode.',
    });
  }
  const stat = await file.stat();
  if (stat.isFile()) return { file, bytes: stat.size };
  await file.close();
  throw new CodedError(code, `${path} is not a file`, {
    fields: { path },
    advice: 'Name a file, no folder or device.',
  });
}

/** Gives what is in a backup, in order, each byte of it known to be what was sealed. */
export class ArchiveReader {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #header: ArchiveHeader;
  readonly #keys: ArchiveKeys;
  #number = 0;
  #at = ARCHIVE_HEADER_BYTES;
  #chunk: Uint8Array = new Uint8Array(0);
  #used = 0;

  private constructor(path: string, file: FileHandle, size: number, header: ArchiveHeader, keys: ArchiveKeys) {
    this.path = path;
    this.#file = file;
    this.#size = size;
    this.#header = header;
    this.#keys = keys;
  }

  /**
   * @param secretFor is told how the file is sealed, and gives what opens it.
   * @throws the codes of `openToRead`, `readHeader` and `unlockHeader`.
   */
  static async open(
    path: string,
    secretFor: (mode: ArchiveSecret['mode']) => Promise<ArchiveSecret>,
  ): Promise<ArchiveReader> {
    const { file, bytes } = await openToRead(path, 'backup_foreign');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(ARCHIVE_HEADER_BYTES), 0, ARCHIVE_HEADER_BYTES, 0);
      const header = readHeader(new Uint8Array(buffer.subarray(0, bytesRead)), path);
      const keys = unlockHeader(header, await secretFor(header.mode), path);
      return new ArchiveReader(path, file, bytes, header, keys);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** How much of the file has been read, and how much there is. */
  get progress(): { readonly done: number; readonly total: number } {
    return { done: this.#at, total: this.#size };
  }

  /** From 1 to `length` of the next bytes. @throws backup_damaged, backup_truncated, backup_content at the end. */
  async some(length: number): Promise<Uint8Array> {
    if (this.#used === this.#chunk.length) await this.#next();
    if (this.#chunk.length === 0) throw this.#cut();
    const bytes = this.#chunk.subarray(this.#used, this.#used + length);
    this.#used += bytes.length;
    return bytes;
  }

  /** The next `length` bytes. */
  async exactly(length: number): Promise<Uint8Array> {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const some = await this.some(length - at);
      bytes.set(some, at);
      at += some.length;
    }
    return bytes;
  }

  /** @throws backup_content when something follows. */
  async end(): Promise<void> {
    // Even nothing has its chunk, and a tag.
    if (this.#number === 0) await this.#next();
    if (this.#used === this.#chunk.length && this.#at >= this.#size) return;
    throw new CodedError('backup_content', `${this.path} holds more than it says`, { fields: { path: this.path } });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #next(): Promise<void> {
    if (this.#number > 0 && this.#at >= this.#size) throw this.#cut();
    const sealed = Buffer.alloc(Math.min(SEALED_CHUNK_BYTES, Math.max(0, this.#size - this.#at)));
    const { bytesRead } = await this.#file.read(sealed, 0, sealed.length, this.#at);
    const isLast = this.#at + sealed.length >= this.#size;
    const tried = (last: boolean) =>
      openChunk(this.#keys, this.#header.salt, this.#number, last, sealed.subarray(0, bytesRead));
    const chunk = tried(isLast);
    if (chunk === null) throw isLast && tried(false) !== null ? this.#truncated() : this.#damaged();
    this.#chunk = chunk;
    this.#used = 0;
    this.#at += bytesRead;
    this.#number += 1;
  }

  #cut(): CodedError {
    return new CodedError('backup_content', `${this.path} holds less than it says`, { fields: { path: this.path } });
  }

  #truncated(): CodedError {
    return new CodedError('backup_truncated', `${this.path} ends too early: its end is missing`, {
      fields: { path: this.path, bytes: this.#size },
      advice: 'Use another copy: this one was cut off while it was written or copied.',
    });
  }

  #damaged(): CodedError {
    const fields = { path: this.path, at: this.#at };
    return new CodedError('backup_damaged', `${this.path} is damaged or cut off at byte ${this.#at}`, {
      fields,
      advice: 'Use another copy; nothing was taken from this one.',
    });
  }
}
