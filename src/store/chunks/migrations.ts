import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { assert } from '../../base/assert.ts';
import { CodedError } from '../../base/errors.ts';
import { SCHEMA_1 } from './schema-1.ts';

/** Numbered steps from an empty file to the schema of this release. A step that has been released is never edited. */
const MIGRATIONS: readonly string[] = [SCHEMA_1];

const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Of two bytes from the first to the last: a number that becomes longer would make rows longer, and a collection on a full
 * disk has no room for pages that are split.
 */
const FIRST_EPOCH = 128;

export interface ChunksMigration {
  readonly path: string;
  /** null: only a file that has a schema is taken. */
  readonly newProfiles: string | null;
  readonly applicationId: number;
}

/**
 * Brings a chunk store to the schema of this release, in one transaction: of two processes that find a new file, one
 * makes it and the other finds it made.
 * @throws chunks_newer, chunks_damaged.
 */
export function migrateChunks(database: Database, migration: ChunksMigration): void {
  const { path } = migration;
  const found = versionOf(database);
  if (found > SCHEMA_VERSION) {
    throw new CodedError('chunks_newer', `${path} was written by a newer release (schema ${found})`, {
      fields: { path, found, known: SCHEMA_VERSION },
      advice: 'Update this node; its data is untouched.',
    });
  }
  if (found !== SCHEMA_VERSION) database.transaction(() => applySteps(database, migration)).immediate();
  // A name that the disk has changed would be read as another column, or as none.
  const wanted = new DatabaseConstructor(':memory:');
  try {
    for (const step of MIGRATIONS) wanted.exec(step);
    if (schemaOf(database) === schemaOf(wanted)) return;
  } finally {
    wanted.close();
  }
  throw damaged(path, 'the tables are not those of its schema', found);
}

function applySteps(database: Database, { path, newProfiles, applicationId }: ChunksMigration): void {
  const found = versionOf(database);
  // No release writes one, and `slice` would count it from the end.
  if (found < 0 || (found === 0 && newProfiles === null)) throw damaged(path, 'it has no schema', found);
  for (const step of MIGRATIONS.slice(found)) database.exec(step);
  database.pragma(`user_version = ${SCHEMA_VERSION}`);
  if (found !== 0) return;
  database.pragma(`application_id = ${applicationId}`);
  database.prepare('INSERT INTO meta VALUES (1, ?, NULL, NULL, ?, 0, 0, 0, 0, 0)').run(FIRST_EPOCH, newProfiles);
}

function versionOf(database: Database): number {
  const found = database.pragma('user_version', { simple: true });
  assert(typeof found === 'number', 'user_version is a number');
  return found;
}

function schemaOf(database: Database): string {
  return JSON.stringify(database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all());
}

function damaged(path: string, what: string, found: number): CodedError {
  return new CodedError('chunks_damaged', `${path}: ${what}`, {
    fields: { path, found },
    advice: 'Keep the file, and let a new one be made: what it held comes again from backups and other nodes.',
  });
}
