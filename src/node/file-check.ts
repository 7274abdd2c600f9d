import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../base/errors.ts';

/**
 * What the child process does: SQLite's own check of every page of the file at `path`, which nobody writes to meanwhile.
 * Says one line of JSON on standard output: `{faults}`.
 */
export function checkFile(path: string): void {
  process.stdout.write(`${JSON.stringify({ faults: faultsIn(path) })}\n`);
}

/**
 * By Node's SQLite, for the other one cannot be told that a file is immutable: without that it asks for the lock that the
 * node holds, and looks for the write-ahead log.
 */
function faultsIn(path: string): readonly string[] {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  try {
    const database = new DatabaseSync(url, { readOnly: true });
    try {
      const rows = database.prepare('PRAGMA integrity_check(100)').all();
      return rows.map((row) => String(row.integrity_check)).filter((row) => row !== 'ok');
    } finally {
      database.close();
    }
  } catch (error) {
    return [messageOf(error)];
  }
}
