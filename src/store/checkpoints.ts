import type { Database } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { CodedError, codeOf } from '../base/errors.ts';

/**
 * Keeps the ledger's main file as it is for a while. Without checkpoints SQLite only adds to the write-ahead log, so
 * that another process can copy both files while this one goes on committing: what it gets is the ledger as of a
 * commit between the start and the end of its copying.
 */
export class Checkpoints {
  readonly #database: Database;
  /** Whether the log has been asked to go while it could not. */
  #isTruncateDue = false;
  #withheld: { readonly ending: AbortController; readonly done: Promise<unknown> } | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  get isWithheld(): boolean {
    return this.#withheld !== null;
  }

  /**
   * Runs `task` while no checkpoint happens. Its signal is aborted when the ledger closes: the last checkpoint is due
   * then, and what was copied by that time is worth nothing.
   * @throws backup_running.
   */
  async withheld<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#withheld !== null) {
      throw new CodedError('backup_running', 'the ledger is being copied or checked already', {
        advice: 'Wait until that is done.',
      });
    }
    const pages = this.#database.pragma('wal_autocheckpoint', { simple: true });
    assert(typeof pages === 'number', 'wal_autocheckpoint is a number');
    this.#database.pragma('wal_autocheckpoint = 0');
    const ending = new AbortController();
    // In the next turn, when `stop` already finds it.
    const result = Promise.resolve().then(() => task(ending.signal));
    this.#withheld = { ending, done: result.catch(() => undefined) };
    try {
      return await result;
    } finally {
      this.#withheld = null;
      this.#database.pragma(`wal_autocheckpoint = ${pages}`);
      if (this.#isTruncateDue) this.truncate();
    }
  }

  /**
   * Brings everything into the main file and leaves nothing of what it was before in the log; while checkpoints are
   * withheld, as soon as they are not. Where the disk has no room for that, the log stays until the next time this is
   * asked for, at the latest at the next start: what was committed is committed, and a full disk keeps no door shut.
   * @returns whether the main file is the whole ledger now.
   */
  truncate(): boolean {
    this.#isTruncateDue = this.#withheld !== null;
    if (this.#isTruncateDue) return false;
    try {
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
      return true;
    } catch (error) {
      if (codeOf(error) !== 'SQLITE_FULL') throw error;
      return false;
    }
  }

  /** Ends a copy that is being made; to be called before the ledger is closed. */
  async stop(): Promise<void> {
    this.#withheld?.ending.abort();
    await this.#withheld?.done;
  }
}
