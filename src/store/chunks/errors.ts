import { AssertionFailure } from '../../base/assert.ts';
import { CodedError, codeOf, messageOf } from '../../base/errors.ts';

type Words = readonly [code: string, message: string, advice: string];

const KEEP = 'Keep the file, and let a new one be made: what it held comes again from backups and other nodes.';

const ADVICE: Readonly<Record<string, Words>> = {
  SQLITE_BUSY: ['chunks_locked', 'was in use by another process for too long', 'Try again when that one has ended.'],
  SQLITE_CANTOPEN: ['chunks_missing', 'cannot be opened', 'Check the path; `blockmesh store init` makes a new one.'],
  SQLITE_NOTADB: ['chunks_damaged', 'is not a database', KEEP],
  SQLITE_CORRUPT: ['chunks_damaged', 'is damaged', KEEP],
  SQLITE_READONLY: ['chunks_unwritable', 'cannot be written', 'Check the owner and mode of the file and its folder.'],
  SQLITE_FULL: ['chunks_full', 'has no space left to grow', 'Free space on this disk; all that was kept is there.'],
  // The index of the log is made with the room it needs.
  SQLITE_IOERR_SHMSIZE: ['chunks_full', 'has no space left for its log', 'Free space on this disk.'],
  SQLITE_IOERR_LOCK: [
    'chunks_unwritable',
    'cannot be locked',
    'Check the owner and mode of the file, and whether its disk is mounted read-only.',
  ],
  SQLITE_IOERR: ['chunks_io', 'cannot be read or written', 'Check this disk, and what the kernel says of it.'],
};

/** SQLITE_ERROR and its like: tables that are not there, or not of our form. */
const OTHERWISE: Words = ['chunks_damaged', 'is not as this release wrote it', KEEP];

/**
 * What SQLite says of the store at `path`, as an error with one of our codes; anything else comes back as it is. A
 * constraint that does not hold is no fault of the file: we wrote what we must not.
 */
export function chunksError(cause: unknown, path: string): unknown {
  const sqlite = cause instanceof CodedError ? undefined : codeOf(cause);
  // A count in the file that leaves no room to count on: we write none that is so large.
  if (sqlite === 'SQLITE_CONSTRAINT_DATATYPE') return chunksFault(sqlite, cause, path);
  if (sqlite?.startsWith('SQLITE_CONSTRAINT')) return new AssertionFailure(messageOf(cause), { cause });
  return sqlite?.startsWith('SQLITE_') ? chunksFault(sqlite, cause, path) : cause;
}

/** @param sqlite one of its codes; an extended one (SQLITE_CORRUPT_INDEX …) begins with the primary one. */
export function chunksFault(sqlite: string, cause: unknown, path: string): CodedError {
  const known = Object.keys(ADVICE).find((code) => sqlite === code || sqlite.startsWith(`${code}_`));
  const [code, message, advice] = ADVICE[ADVICE[sqlite] === undefined ? (known ?? '') : sqlite] ?? OTHERWISE;
  return new CodedError(code, `${path} ${message}: ${messageOf(cause)}`, { cause, fields: { path }, advice });
}
