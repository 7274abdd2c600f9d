import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { AssertionFailure, assert } from '../base/assert.ts';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { migrate } from './migrations.ts';

/** "blkm": says whose file it is, to `file` and to us. */
const APPLICATION_ID = 0x626c6b6d;
/** SQLite's names for synchronous = FULL and journal mode. */
const SYNCHRONOUS_FULL = 2;

export interface OpenOptions {
  readonly path: string;
  /** Whether a file may be made where there is none. */
  readonly mayCreate: boolean;
}

/**
 * Opens the ledger's file for this process alone: write-ahead log, every commit synced to disk.
 *
 * @throws store_missing, store_locked (another process has it), store_foreign (not a ledger), store_damaged,
 * store_newer, store_unwritable, store_io, store_full.
 */
export function openDatabase(options: OpenOptions): Database {
  const { path } = options;
  let database: Database;
  try {
    database = new DatabaseConstructor(path, { fileMustExist: !options.mayCreate, timeout: 0 });
  } catch (cause) {
    // A folder that is not there has words alone in better-sqlite3.
    throw cause instanceof TypeError ? told('SQLITE_CANTOPEN', cause, path) : storeError(cause, path);
  }
  try {
    prepare(database, options);
  } catch (cause) {
    database.close();
    throw storeError(cause, path);
  }
  return database;
}

function prepare(database: Database, { path, mayCreate }: OpenOptions): void {
  // Exclusive from the first statement on: the lock is the kernel's and goes with the process, however it ends.
  database.pragma('locking_mode = EXCLUSIVE');
  const isNew = database.pragma('schema_version', { simple: true }) === 0;
  if (isNew && !mayCreate) throw told('SQLITE_NOTADB', new Error('there is nothing in it'), path);
  const owner = database.pragma('application_id', { simple: true });
  if (!isNew && owner !== APPLICATION_ID) {
    throw new CodedError('store_foreign', `${path} is a database, but not a blockmesh ledger`, {
      fields: { path },
      advice: 'Name the folder of a space; this file is left as it is.',
    });
  }
  assert(database.pragma('journal_mode = WAL', { simple: true }) === 'wal', 'the journal is a write-ahead log');
  // better-sqlite3 opens with NORMAL, which forgets acknowledged commits at a power cut.
  database.pragma('synchronous = FULL');
  assert(database.pragma('synchronous', { simple: true }) === SYNCHRONOUS_FULL, 'every commit is synced');
  // What a row said is overwritten when the row goes, so that what was erased is not in the file any more.
  database.pragma('secure_delete = ON');
  database.pragma('trusted_schema = OFF');
  if (isNew) database.pragma(`application_id = ${APPLICATION_ID}`);
  // Takes the lock now, not at the first append, so that a second node is told at its start.
  database.exec('BEGIN EXCLUSIVE; COMMIT');
  migrate(database, path);
}

type Words = readonly [code: string, message: string, advice: string];

const ADVICE: Readonly<Record<string, Words>> = {
  SQLITE_BUSY: [
    'store_locked',
    'is in use by another process',
    'Is a node running on this folder? Talk to it instead, or stop it first.',
  ],
  SQLITE_CANTOPEN: ['store_missing', 'cannot be opened', 'Check the folder; `blockmesh init` makes a new space.'],
  SQLITE_NOTADB: ['store_damaged', 'is not a database', 'Keep the file; restore from a backup into another folder.'],
  SQLITE_CORRUPT: ['store_damaged', 'is damaged', 'Keep the file; restore from a backup into another folder.'],
  SQLITE_READONLY: ['store_unwritable', 'cannot be written', 'Check the owner and mode of the file and its folder.'],
  // What may only be read is given no exclusive lock.
  SQLITE_IOERR_LOCK: [
    'store_unwritable',
    'cannot be locked',
    'Check the owner and mode of the file, and whether its disk is mounted read-only.',
  ],
  SQLITE_IOERR: ['store_io', 'cannot be read or written', 'Check this disk, and what the kernel says of it.'],
  SQLITE_FULL: ['store_full', 'has no space left to grow', 'Free space on this disk.'],
};

/** SQLITE_ERROR and its like: tables that are not there, or not of our form. */
const OTHERWISE: Words = [
  'store_damaged',
  'is not as this release wrote it',
  'Keep the file; restore from a backup into another folder.',
];

/**
 * What SQLite says of a file, as an error with one of our codes; anything else comes back as it is. A constraint that
 * does not hold is no fault of the file: we wrote what we must not.
 */
export function storeError(cause: unknown, path: string): unknown {
  const sqlite = cause instanceof CodedError ? undefined : codeOf(cause);
  if (sqlite?.startsWith('SQLITE_CONSTRAINT')) return new AssertionFailure(messageOf(cause), { cause });
  return sqlite?.startsWith('SQLITE_') ? told(sqlite, cause, path) : cause;
}

function told(sqlite: string, cause: unknown, path: string): CodedError {
  // Extended codes (SQLITE_CORRUPT_INDEX …) begin with the primary one.
  const known = Object.keys(ADVICE).find((code) => sqlite === code || sqlite.startsWith(`${code}_`));
  const [code, message, advice] = ADVICE[known ?? ''] ?? OTHERWISE;
  return new CodedError(code, `${path} ${message}: ${messageOf(cause)}`, { cause, fields: { path }, advice });
}

/** What SQLite's own check of the whole file says, 100 rows at most; nothing when it is sound. */
export function faultsOf(database: Database): readonly string[] {
  const rows = database.prepare<[], { integrity_check: string }>('PRAGMA integrity_check(100)').all();
  return rows.map((row) => row.integrity_check).filter((row) => row !== 'ok');
}

/** Whether no block has ever come in: what an `init` that was cut leaves. */
export function isWithoutBlocks(database: Database): boolean {
  return (
    database
      .prepare('SELECT EXISTS (SELECT 1 FROM block) + EXISTS (SELECT 1 FROM tips) + EXISTS (SELECT 1 FROM fold)')
      .pluck()
      .get() === 0
  );
}
