import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import { CodedError, codeOf } from '../../base/errors.ts';

/**
 * Keeps a second import away: each reads the settings, merges and writes them, so that of two at once one would lose what
 * the other took off the card. The lock is the kernel's, through SQLite, and goes with the process, however it ends.
 * Where no lock can be had, as on a card that is full, the import goes on without: a door matters more.
 * @returns what gives it back. @throws import_running.
 */
export function lockImport(board: string): () => void {
  const path = join(board, 'import.lock');
  let database: DatabaseConstructor.Database | null = null;
  try {
    mkdirSync(board, { recursive: true, mode: 0o755 });
    database = new DatabaseConstructor(path, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    if (codeOf(cause) !== 'SQLITE_BUSY') return () => {};
    throw new CodedError('import_running', `another import runs on ${board}`, {
      fields: { path },
      advice: 'Wait until it ends, then look: `blockmesh board status`.',
      cause,
    });
  }
  return () => database.close();
}
