import { lstat, mkdir, open, readdir, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { sha256 } from '../format/ids.ts';
import { errorName } from './problems.ts';
import type { TreeWriter } from './writer.ts';

const MODE = 0o700;
const NAME_CHARACTERS = 24;
const EPERM = 1;
const EAGAIN = 11;
/** After these the rest can still come. */
const GOES_ON: readonly string[] = ['chunk_missing', 'chunk_rotten', 'tree_not_written', 'trees_cut', 'trees_failed'];

/**
 * The folder in which a new tree grows, beside its target, so that the target is whole as soon as it is there. Its name is
 * that of the target and the snapshot together: another run of the same finds it, and goes on.
 */
export class Draft {
  readonly #target: string;
  readonly #path: string;

  constructor(target: string, digest: Uint8Array) {
    this.#target = resolve(target);
    const name = sha256(Buffer.concat([digest, Buffer.from(basename(this.#target))]));
    const text = Buffer.from(name).toString('hex').slice(0, NAME_CHARACTERS);
    this.#path = join(dirname(this.#target), `.blockmesh-restore-${text}`);
  }

  /** @returns whether an earlier run left something in it. @throws restore_target_taken, restore_target_unreachable. */
  async begin(): Promise<boolean> {
    if (!(await this.#isFree())) {
      throw new CodedError('restore_target_taken', `${this.#target} is there, and not an empty directory`, {
        fields: { target: this.#target },
        advice: 'Name one that is not there, or restore in place.',
      });
    }
    try {
      await mkdir(this.#path, { mode: MODE });
      return false;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return true;
      throw this.#unreachable(error);
    }
  }

  /** @throws restore_busy, restore_draft_foreign, restore_target_unreachable. */
  async open(writer: TreeWriter): Promise<void> {
    const code = await writer.open(Buffer.from(this.#path), true);
    const fields = { draft: this.#path };
    if (code === EAGAIN) {
      throw new CodedError('restore_busy', `another run restores to ${this.#target}`, { fields });
    }
    if (code === EPERM) {
      throw new CodedError('restore_draft_foreign', `${this.#path} belongs to somebody else`, {
        fields,
        advice: 'Remove it: what is in it was not written by this user.',
      });
    }
    if (code !== 0) throw this.#unreachable(new Error(errorName(code)));
  }

  /** Gives the tree its name. @throws restore_target_unreachable. */
  async finish(): Promise<void> {
    try {
      await rename(this.#path, this.#target);
      const parent = await open(dirname(this.#target), 'r');
      try {
        await parent.sync();
      } finally {
        await parent.close();
      }
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  /** Takes away what a snapshot that is refused left; what another run can go on with stays. */
  async abandon(writer: TreeWriter, error: unknown): Promise<void> {
    const code = codeOf(error) ?? '';
    if (GOES_ON.includes(code) || code.startsWith('restore_busy') || code === 'restore_draft_foreign') return;
    try {
      await writer.wipe();
      await rmdir(this.#path);
    } catch {
      // The error that led here says more.
    }
  }

  async #isFree(): Promise<boolean> {
    try {
      return (await lstat(this.#target)).isDirectory() && (await readdir(this.#target)).length === 0;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return true;
      throw this.#unreachable(error);
    }
  }

  #unreachable(cause: unknown): CodedError {
    return new CodedError('restore_target_unreachable', `${this.#target} cannot be made: ${messageOf(cause)}`, {
      fields: { target: this.#target },
      advice: 'See that the directory it goes into is there, and may be written.',
      cause,
    });
  }
}
