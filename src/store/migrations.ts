import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';
import { SCHEMA_1 } from './schema-1.ts';

/** Numbered steps from an empty file to the schema of this release. A step that has been released is never edited. */
const MIGRATIONS: readonly string[] = [SCHEMA_1];

const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings `database` to the schema of this release, each step in a transaction of its own.
 * @throws store_newer, store_damaged.
 */
export function migrate(database: Database, path: string): void {
  const found = database.pragma('user_version', { simple: true });
  assert(typeof found === 'number', 'user_version is a number');
  if (found > SCHEMA_VERSION) {
    throw new CodedError('store_newer', `${path} was written by a newer release (schema ${found})`, {
      fields: { path, found, known: SCHEMA_VERSION },
      advice: 'Update this node; its data is untouched.',
    });
  }
  // No release writes one, and `slice` would count it from the end.
  if (found < 0) {
    throw new CodedError('store_damaged', `${path} has no schema (${found})`, {
      fields: { path, found },
      advice: 'Keep the file; restore a backup into another folder.',
    });
  }
  applySteps(database, found);
  // A name that the disk has changed would be read as another column, or as none.
  const wanted = new DatabaseConstructor(':memory:');
  try {
    applySteps(wanted, 0);
    if (schemaOf(database) === schemaOf(wanted)) return;
  } finally {
    wanted.close();
  }
  throw new CodedError('store_damaged', `the tables of ${path} are not those of its schema`, {
    fields: { path, found },
    advice: 'Keep the file; restore a backup into another folder.',
  });
}

function applySteps(database: Database, done: number): void {
  MIGRATIONS.slice(done).forEach((step, index) => {
    database.transaction(() => {
      database.exec(step);
      database.pragma(`user_version = ${done + index + 1}`);
    })();
  });
}

function schemaOf(database: Database): string {
  return JSON.stringify(database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all());
}
