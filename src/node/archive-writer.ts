import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { BACKUP_CHUNK_BYTES_MAX } from '../base/limits.ts';
import type { Randomness } from '../base/ports.ts';
import { sealChunk } from './archive-chunks.ts';
import { ARCHIVE_SALT_BYTES, makeHeader } from './archive-header.ts';
import type { ArchiveKeys, ArchiveSecret } from './archive-secret.ts';

const FILE_MODE = 0o600;

/** A file on its way to `path`: under the name `path.partial` until `commit`, so that nothing half-made looks whole. */
export class Draft {
  readonly path: string;
  readonly #draft: string;
  readonly #file: FileHandle;

  private constructor(path: string, draft: string, file: FileHandle) {
    this.path = path;
    this.#draft = draft;
    this.#file = file;
  }

  /** Takes the place of a draft that a power cut left. @throws file_unwritable. */
  static async begin(path: string): Promise<Draft> {
    const draft = `${path}.partial`;
    return await guarded(path, async () => {
      await rm(draft, { force: true });
      return new Draft(path, draft, await open(draft, 'wx', FILE_MODE));
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    await guarded(this.path, () => this.#file.writeFile(bytes));
  }

  /** On disk under its own name when it resolves. @returns its size. */
  async commit(): Promise<number> {
    return await guarded(this.path, async () => {
      await this.#file.sync();
      const { size } = await this.#file.stat();
      await this.#file.close();
      await rename(this.#draft, this.path);
      await syncFolder(dirname(this.path));
      return size;
    });
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(this.#draft, { force: true }).catch(() => undefined);
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function guarded<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    const isFull = codeOf(cause) === 'ENOSPC';
    throw new CodedError('file_unwritable', `cannot write ${path}: ${messageOf(cause)}`, {
      cause,
      fields: { path },
      advice: isFull
        ? 'Free space on that disk, or name another one.'
        : 'Check that its folder is there and may be written.',
    });
  }
}

/** Seals a stream of bytes into a draft. */
export class ArchiveWriter {
  readonly #draft: Draft;
  readonly #keys: ArchiveKeys;
  readonly #salt: Uint8Array;
  /** At most one chunk's bytes: whether it is the last is known only when more comes, or the end. */
  readonly #waiting = Buffer.alloc(BACKUP_CHUNK_BYTES_MAX);
  #used = 0;
  #number = 0;

  private constructor(draft: Draft, keys: ArchiveKeys, salt: Uint8Array) {
    this.#draft = draft;
    this.#keys = keys;
    this.#salt = salt;
  }

  static async begin(draft: Draft, secret: ArchiveSecret, randomness: Randomness): Promise<ArchiveWriter> {
    const salt = randomness.bytes(ARCHIVE_SALT_BYTES);
    const { bytes, keys } = makeHeader(secret, salt);
    await draft.write(bytes);
    return new ArchiveWriter(draft, keys, salt);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      if (this.#used === BACKUP_CHUNK_BYTES_MAX) await this.#flush(false);
      const some = bytes.subarray(from, from + BACKUP_CHUNK_BYTES_MAX - this.#used);
      this.#waiting.set(some, this.#used);
      this.#used += some.length;
      from += some.length;
    }
  }

  async end(): Promise<void> {
    await this.#flush(true);
  }

  async #flush(isLast: boolean): Promise<void> {
    const chunk = this.#waiting.subarray(0, this.#used);
    await this.#draft.write(sealChunk(this.#keys, this.#salt, this.#number, isLast, chunk));
    this.#number += 1;
    this.#used = 0;
  }
}
