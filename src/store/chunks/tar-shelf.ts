import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor, { type Database, type Statement } from 'better-sqlite3';
import { CodedError, codeOf } from '../../base/errors.ts';
import { TAR_SHELF_BYTES_MAX } from '../../base/limits-chunks.ts';
import type { ShelfRow, TarShelf } from '../../chunks/tar/shelf.ts';
import { storeError } from '../database.ts';

const PAGE_BYTES = 4096;
const CACHE_KIB = 4096;

const SCHEMA = `
  CREATE TABLE entry (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  -- several: the entry has other names, or had.
  CREATE TABLE name (key BLOB PRIMARY KEY, entry INTEGER NOT NULL, several INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX name_of ON name (entry, key) WHERE several = 1;
`;

/**
 * A shelf in a file of its own, which has no name any more once this returns: however the process ends, it is gone.
 * @param folder on the disk that has room for it. @param bytesMax a cap below the usual one. @throws as `openDatabase`.
 */
export function openTarShelf(folder: string, bytesMax = TAR_SHELF_BYTES_MAX): TarShelf {
  const home = mkdtempSync(join(folder, 'tar-shelf-'));
  try {
    const database = new DatabaseConstructor(join(home, 'shelf.db'));
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    database.pragma(`cache_size = -${CACHE_KIB}`);
    database.pragma(`max_page_count = ${Math.ceil(bytesMax / PAGE_BYTES)}`);
    database.exec(SCHEMA);
    return new SqliteTarShelf(database, { folder, bytesMax });
  } catch (cause) {
    throw storeError(cause, folder);
  } finally {
    rmSync(home, { recursive: true });
  }
}

const ROWS = `
  SELECT key, bytes, CASE WHEN several THEN (
    SELECT min(other.key) FROM name AS other WHERE other.several = 1 AND other.entry = name.entry
  ) END AS first
  FROM name JOIN entry ON entry.id = name.entry ORDER BY key
`;

interface Place {
  readonly folder: string;
  readonly bytesMax: number;
}

interface Row {
  readonly key: Buffer;
  readonly bytes: Buffer;
  readonly first: Buffer | null;
}

class SqliteTarShelf implements TarShelf {
  readonly #database: Database;
  readonly #place: Place;
  readonly #put: Statement<[Uint8Array]>;
  readonly #name: Statement<[Uint8Array, number | bigint]>;
  readonly #several: Statement<[Uint8Array]>;
  readonly #link: Statement<[Uint8Array, Uint8Array]>;
  readonly #find: Statement<[Uint8Array], Uint8Array>;
  readonly #rows: Statement<[], Row>;

  constructor(database: Database, place: Place) {
    this.#database = database;
    this.#place = place;
    this.#put = database.prepare('INSERT INTO entry (bytes) VALUES (?)');
    this.#name = database.prepare('INSERT OR REPLACE INTO name (key, entry, several) VALUES (?, ?, 0)');
    this.#several = database.prepare('UPDATE name SET several = 1 WHERE key = ?');
    this.#link = database.prepare('INSERT OR REPLACE INTO name SELECT ?, entry, 1 FROM name WHERE key = ?');
    const find = 'SELECT bytes FROM name JOIN entry ON entry.id = name.entry WHERE key = ?';
    this.#find = database.prepare<[Uint8Array], Uint8Array>(find).pluck();
    this.#rows = database.prepare(ROWS);
    // Never committed: nothing has to be on disk before there is no room in the cache.
    database.exec('BEGIN');
  }

  put(key: Uint8Array, entry: Uint8Array): void {
    this.#told(() => this.#name.run(key, this.#put.run(entry).lastInsertRowid));
  }

  find(key: Uint8Array): Uint8Array | null {
    return this.#told(() => this.#find.get(key) ?? null);
  }

  link(key: Uint8Array, to: Uint8Array): void {
    this.#told(() => {
      this.#several.run(to);
      this.#link.run(key, to);
    });
  }

  *rows(): Generator<ShelfRow> {
    try {
      for (const { key, bytes, first } of this.#rows.iterate()) yield { key, entry: bytes, first };
    } catch (cause) {
      throw this.#error(cause);
    }
  }

  close(): void {
    this.#database.close();
  }

  #told<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw this.#error(cause);
    }
  }

  #error(cause: unknown): unknown {
    if (codeOf(cause) !== 'SQLITE_FULL') return storeError(cause, this.#place.folder);
    return new CodedError('tar_shelf_full', 'there is no room to sort the archive', {
      fields: { ...this.#place },
      advice: 'Free space on the disk of this folder, or bring the archive in several parts.',
      cause,
    });
  }
}
