import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { CodedError } from '../base/errors.ts';
import { IMPORT_READ_BYTES_MAX } from '../base/limits.ts';
import { openToRead } from './archive-reader.ts';

/** A file read from its start to its end, with the SHA-256 of what was read. */
export class HashedFile {
  readonly path: string;
  /** Size of the file when it was opened; what is appended later is not read. */
  readonly bytes: number;
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #buffer = Buffer.alloc(IMPORT_READ_BYTES_MAX);
  #from = 0;
  #to = 0;
  /** How much has been handed out. */
  #at = 0;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path;
    this.#file = file;
    this.bytes = bytes;
  }

  /** @throws file_missing, file_unreadable; export_foreign for a pipe or a device, which may have no end. */
  static async open(path: string): Promise<HashedFile> {
    const { file, bytes } = await openToRead(path, 'export_foreign');
    return new HashedFile(path, file, bytes);
  }

  get at(): number {
    return this.#at;
  }

  /** The next `length` bytes. @throws export_truncated. */
  async exactly(length: number): Promise<Uint8Array> {
    const bytes = await this.upTo(length);
    if (bytes.length === length) return bytes;
    throw new CodedError('export_truncated', `${this.path} ends too early`, { fields: { bytes: this.bytes } });
  }

  /** The next `length` bytes, or what is left. */
  async upTo(length: number): Promise<Uint8Array> {
    const bytes = Buffer.alloc(Math.min(length, this.bytes - this.#at));
    let filled = 0;
    while (filled < bytes.length) {
      if (this.#from === this.#to && !(await this.#refill())) break;
      const some = this.#buffer.subarray(this.#from, Math.min(this.#to, this.#from + bytes.length - filled));
      bytes.set(some, filled);
      filled += some.length;
      this.#from += some.length;
    }
    const read = bytes.subarray(0, filled);
    this.#at += filled;
    this.#hash.update(read);
    return read;
  }

  /** Of everything read so far. */
  digest(): Uint8Array {
    return this.#hash.copy().digest();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #refill(): Promise<boolean> {
    const { bytesRead } = await this.#file.read(this.#buffer, 0, this.#buffer.length);
    this.#from = 0;
    this.#to = bytesRead;
    return bytesRead > 0;
  }
}
