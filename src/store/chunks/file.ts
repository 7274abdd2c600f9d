import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { assert } from '../../base/assert.ts';
import { CodedError, codeOf } from '../../base/errors.ts';
import { CHUNKS_LOCK_WAIT_MS_MAX, CHUNKS_LOG_BYTES_MAX } from '../../base/limits-chunks.ts';
import { chunksError, chunksFault } from './errors.ts';
import { migrateChunks } from './migrations.ts';
import { Reserve } from './reserve.ts';

/** "blkc": says whose file it is, to `file` and to us. */
const APPLICATION_ID = 0x626c6b63;
/** SQLite's names for synchronous = FULL and auto_vacuum = INCREMENTAL. */
const SYNCHRONOUS_FULL = 2;
const VACUUM_INCREMENTAL = 2;
/** Half the frames of a log for one pack that smaller pages take, and yet a row of `chunk` does not drag much along. */
const PAGE_BYTES = 8192;
const CACHE_KIBIBYTES = 8 * 1024;

export interface ChunksFileOptions {
  readonly path: string;
  /** JSON of the profiles that a file is made with where there is none; null: none may be made. */
  readonly newProfiles: string | null;
}

/** The file of a chunk store, open. Other processes may have it open too. */
export interface ChunksFile {
  readonly path: string;
  readonly database: Database;
  /**
   * Runs `task` as one transaction, synced to disk when it returns. What it throws undoes it.
   * @throws chunks_locked, chunks_full, chunks_unwritable, chunks_damaged, chunks_io.
   */
  readonly write: <Result>(task: () => Result) => Result;
  /** Runs what only reads. @throws as `write`. */
  readonly read: <Result>(task: () => Result) => Result;
  readonly reserve: Reserve;
  readonly close: () => void;
}

/**
 * Opens a chunk store: write-ahead log, every commit synced to disk, shared with other processes.
 * @throws chunks_missing, chunks_foreign (not a chunk store), chunks_newer, chunks_damaged, chunks_locked,
 * chunks_unwritable, chunks_full, chunks_io.
 */
export function openChunksFile(options: ChunksFileOptions): ChunksFile {
  const reserve = new Reserve(options.path);
  try {
    const file = openWith(options, reserve);
    reserve.keep();
    return file;
  } catch (error) {
    // The index of the log needs room, too.
    if (codeOf(error) !== 'chunks_full' || !reserve.release()) throw error;
    return openWith(options, reserve);
  }
}

function openWith(options: ChunksFileOptions, reserve: Reserve): ChunksFile {
  const { path } = options;
  let database: Database;
  try {
    const fileMustExist = options.newProfiles === null;
    database = new DatabaseConstructor(path, { fileMustExist, timeout: CHUNKS_LOCK_WAIT_MS_MAX });
  } catch (cause) {
    // A folder that is not there has words alone in better-sqlite3.
    throw cause instanceof TypeError ? chunksFault('SQLITE_CANTOPEN', cause, path) : chunksError(cause, path);
  }
  try {
    prepare(database, options);
  } catch (cause) {
    database.close();
    throw chunksError(cause, path);
  }
  return fileOf(database, path, reserve);
}

function prepare(database: Database, { path, newProfiles }: ChunksFileOptions): void {
  const numberOf = (pragma: string) => database.pragma(pragma, { simple: true });
  const isNew = numberOf('schema_version') === 0;
  if (isNew && newProfiles === null) throw chunksFault('SQLITE_CANTOPEN', new Error('there is nothing in it'), path);
  if (isNew) {
    // Both are settled with the first page.
    database.pragma(`page_size = ${PAGE_BYTES}`);
    database.pragma(`auto_vacuum = ${VACUUM_INCREMENTAL}`);
  } else if (numberOf('application_id') !== APPLICATION_ID) {
    throw new CodedError('chunks_foreign', `${path} is a database, but not a chunk store of blockmesh`, {
      fields: { path },
      advice: 'Name another file; this one is left as it is.',
    });
  }
  assert(numberOf('journal_mode = WAL') === 'wal', 'the journal is a write-ahead log');
  // better-sqlite3 opens with NORMAL, which forgets acknowledged commits at a power cut.
  database.pragma('synchronous = FULL');
  assert(numberOf('synchronous') === SYNCHRONOUS_FULL, 'every commit is synced');
  database.pragma('trusted_schema = OFF');
  database.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
  // Written back often enough that the log, which takes every pack a second time, stays small beside the store.
  database.pragma(`wal_autocheckpoint = ${CHUNKS_LOG_BYTES_MAX / 2 / PAGE_BYTES}`);
  database.pragma(`journal_size_limit = ${CHUNKS_LOG_BYTES_MAX}`);
  migrateChunks(database, { path, newProfiles, applicationId: APPLICATION_ID });
  if (numberOf('auto_vacuum') === VACUUM_INCREMENTAL) return;
  throw new CodedError(
    'chunks_foreign',
    `${path} gives back nothing that is freed in it: another program has rewritten it`,
    {
      fields: { path },
      advice: 'In sqlite3, set `PRAGMA auto_vacuum = 2`, then `VACUUM`; or name another file.',
    },
  );
}

function fileOf(database: Database, path: string, reserve: Reserve): ChunksFile {
  const told = <Result>(task: () => Result): Result => {
    try {
      return task();
    } catch (error) {
      throw chunksError(error, path);
    }
  };
  return {
    path,
    database,
    read: told,
    write: (task) => told(() => database.transaction(task).immediate()),
    reserve,
    close: () => database.close(),
  };
}
