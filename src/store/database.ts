import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
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
 * store_newer, store_unwritable.
 */
export function openDatabase(options: OpenOptions): Database {
  const { path } = options;
  let database: Database;
  try {
    database = new DatabaseConstructor(path, { fileMustExist: !options.mayCreate, timeout: 0 });
  } catch (cause) {
    throw translated(cause, path);
  }
  try {
    prepare(database, path);
  } catch (cause) {
    database.close();
    throw translated(cause, path);
  }
  return database;
}

function prepare(database: Database, path: string): void {
  // Exclusive from the first statement on: the lock is the kernel's and goes with the process, however it ends.
  database.pragma('locking_mode = EXCLUSIVE');
  const isNew = database.pragma('schema_version', { simple: true }) === 0;
  const owner = database.pragma('application_id', { simple: true });
  if (!isNew && owner !== APPLICATION_ID) {
    throw new CodedError('store_foreign', `${path} is a database, but not a blockmesh ledger`, { fields: { path } });
  }
  assert(database.pragma('journal_mode = WAL', { simple: true }) === 'wal', 'the journal is a write-ahead log');
  // better-sqlite3 opens with NORMAL, which forgets acknowledged commits at a power cut.
  database.pragma('synchronous = FULL');
  assert(database.pragma('synchronous', { simple: true }) === SYNCHRONOUS_FULL, 'every commit is synced');
  database.pragma('foreign_keys = ON');
  database.pragma('trusted_schema = OFF');
  if (isNew) database.pragma(`application_id = ${APPLICATION_ID}`);
  // Takes the lock now, not at the first append, so that a second node is told at its start.
  database.exec('BEGIN EXCLUSIVE; COMMIT');
  migrate(database, path);
}

const ADVICE: Readonly<Record<string, readonly [code: string, message: string, advice: string]>> = {
  SQLITE_BUSY: [
    'store_locked',
    'is in use by another process',
    'Is a node running on this folder? Talk to it instead, or stop it first.',
  ],
  SQLITE_CANTOPEN: ['store_missing', 'cannot be opened', 'Check the folder; `blockmesh init` makes a new space.'],
  SQLITE_NOTADB: ['store_damaged', 'is not a database', 'Keep the file; restore from a backup into another folder.'],
  SQLITE_CORRUPT: ['store_damaged', 'is damaged', 'Keep the file; restore from a backup into another folder.'],
  SQLITE_READONLY: ['store_unwritable', 'cannot be written', 'Check the owner and mode of the file and its folder.'],
  SQLITE_FULL: ['store_full', 'has no space left to grow', 'Free space on this disk.'],
};

function translated(cause: unknown, path: string): unknown {
  if (cause instanceof CodedError) return cause;
  const sqlite = codeOf(cause);
  if (sqlite === undefined) return cause;
  // Extended codes (SQLITE_CORRUPT_INDEX …) begin with the primary one.
  const known = Object.keys(ADVICE).find((code) => sqlite === code || sqlite.startsWith(`${code}_`));
  const row = known === undefined ? undefined : ADVICE[known];
  if (row === undefined) return cause;
  const [code, message, advice] = row;
  return new CodedError(code, `${path} ${message}: ${messageOf(cause)}`, { cause, fields: { path }, advice });
}
