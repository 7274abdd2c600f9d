import type { Database } from 'better-sqlite3';

/** Somebody waits until what they wrote is committed. */
interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes of one turn of the event loop as one transaction. A message touches several rows, and a burst of messages
 * comes in one turn: one commit for all of them is what keeps a thousand messages a second from holding the loop.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #onFailure: () => void;
  #waiting: Waiting[] = [];
  #immediate: NodeJS.Immediate | null = null;
  #isClosed = false;

  /** @param onFailure runs after a group was undone: what stands beside the database must be read anew. */
  constructor(database: Database, onFailure: () => void) {
    this.#database = database;
    this.#onFailure = onFailure;
  }

  /**
   * Runs `task` at once, in the transaction of this turn.
   * @returns resolves when that is committed; rejects with SQLite's error when it was undone, with all of the turn.
   */
  write(task: () => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // After the end nothing is kept any more, and whoever still runs need not know.
    if (this.#isClosed) return Promise.resolve();
    try {
      if (!this.#database.inTransaction) this.#database.exec('BEGIN IMMEDIATE');
      this.#waiting.push({ resolve, reject });
      this.#immediate ??= setImmediate(() => this.flush());
      task();
    } catch (error) {
      this.#undo(error);
      // BEGIN itself may have failed, before anybody waited.
      reject(error);
    }
    return promise;
  }

  /** Commits what has been written so far. */
  flush(): void {
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#immediate = null;
    if (!this.#database.inTransaction) return;
    try {
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#undo(error);
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve } of waiting) resolve();
  }

  close(): void {
    this.flush();
    this.#isClosed = true;
  }

  #undo(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    // SQLite may have rolled back by itself.
    if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
    this.#onFailure();
    for (const { reject } of waiting) reject(error);
  }
}
