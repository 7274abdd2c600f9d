import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Test } from 'tap';
import { openDatabase } from '../../src/store/database.ts';

/** A folder of its own under a short path, gone after the test. */
export function newFolder(t: Pick<Test, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bm-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new ledger file on disk, open until the test ends. */
export function newDatabase(t: Pick<Test, 'teardown'>, path = join(newFolder(t), 'ledger.db')): Database {
  const database = openDatabase({ path, mayCreate: true });
  t.teardown(() => void database.close());
  return database;
}
