import type { Database, Statement } from 'better-sqlite3';
import type { ChunksFile } from './file.ts';

/** Where a collection notes what it found to be live. Called within `write`. */
export interface MarkBook {
  readonly write: <Result>(task: () => Result) => Result;
  /** @returns whether the chunk is here. */
  mark(digest: Uint8Array): boolean;
  /** All that hangs on this list or directory is marked. */
  note(kind: 'list' | 'tree', digest: Uint8Array): void;
  isNoted(kind: 'list' | 'tree', digest: Uint8Array): boolean;
}

/** In the store: marked is what is of the epoch of the collection, so that the next call goes on. */
export class EpochBook implements MarkBook {
  readonly write: ChunksFile['write'];
  readonly #epoch: number;
  readonly #epochOf: Statement<[Uint8Array], number>;
  readonly #raise: Statement<[number, Uint8Array]>;
  readonly #isNoted: Statement<[Uint8Array, string, number], number>;
  readonly #note: Statement<[Uint8Array, string, number]>;

  constructor({ database, write }: ChunksFile, epoch: number) {
    this.write = write;
    this.#epoch = epoch;
    this.#epochOf = database.prepare<[Uint8Array], number>('SELECT epoch FROM chunk WHERE digest = ?').pluck();
    this.#raise = database.prepare('UPDATE chunk SET epoch = ? WHERE digest = ?');
    this.#isNoted = database
      .prepare<[Uint8Array, string, number], number>(
        'SELECT 1 FROM walked WHERE digest = ? AND kind = ? AND epoch >= ?',
      )
      .pluck();
    this.#note = database.prepare(
      'INSERT INTO walked VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET epoch = max(epoch, excluded.epoch)',
    );
  }

  mark(digest: Uint8Array): boolean {
    const epoch = this.#epochOf.get(digest);
    if (epoch !== undefined && epoch < this.#epoch) this.#raise.run(this.#epoch, digest);
    return epoch !== undefined;
  }

  note(kind: 'list' | 'tree', digest: Uint8Array): void {
    this.#note.run(digest, kind, this.#epoch);
  }

  isNoted(kind: 'list' | 'tree', digest: Uint8Array): boolean {
    return this.#isNoted.get(digest, kind, this.#epoch) !== undefined;
  }
}

/** Beside the store, in a table that goes with the connection: for a dry run, which changes nothing. */
export class DryBook implements MarkBook {
  readonly #database: Database;
  readonly #isHere: Statement<[Uint8Array], number>;
  readonly #note: Statement<[string, Uint8Array]>;
  readonly #isNoted: Statement<[string, Uint8Array], number>;

  constructor({ database }: ChunksFile) {
    this.#database = database;
    database.exec(
      `DROP TABLE IF EXISTS temp.found;
       CREATE TEMP TABLE found (kind TEXT, digest BLOB, PRIMARY KEY (kind, digest)) WITHOUT ROWID`,
    );
    this.#isHere = database.prepare<[Uint8Array], number>('SELECT 1 FROM chunk WHERE digest = ?').pluck();
    this.#note = database.prepare('INSERT OR IGNORE INTO temp.found VALUES (?, ?)');
    this.#isNoted = database
      .prepare<[string, Uint8Array], number>('SELECT 1 FROM temp.found WHERE kind = ? AND digest = ?')
      .pluck();
  }

  readonly write = <Result>(task: () => Result): Result => this.#database.transaction(task).deferred();

  mark(digest: Uint8Array): boolean {
    this.#note.run('chunk', digest);
    return this.#isHere.get(digest) !== undefined;
  }

  isMarked(digest: Uint8Array): boolean {
    return this.#isNoted.get('chunk', digest) !== undefined;
  }

  note(kind: 'list' | 'tree', digest: Uint8Array): void {
    this.#note.run(kind, digest);
  }

  isNoted(kind: 'list' | 'tree', digest: Uint8Array): boolean {
    return this.#isNoted.get(kind, digest) !== undefined;
  }
}
