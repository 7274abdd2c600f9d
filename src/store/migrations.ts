import type { Database } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';

/**
 * Numbered steps from an empty file to the schema of this release. A step that has been released is never edited.
 *
 * Blocks are kept as received. `arrival` is the order in which they came to this node, parents always first.
 * What the fold makes of them (outcome, waiting, state) can be made anew from the blocks at any time.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE block (
    arrival INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    bytes BLOB NOT NULL,
    signature BLOB NOT NULL,
    author BLOB NOT NULL,
    life BLOB NOT NULL,
    seq INTEGER NOT NULL,
    height INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX block_id ON block (id);
  CREATE INDEX block_author ON block (author, arrival);

  -- Blocks that no block here has as a parent.
  CREATE TABLE head (arrival INTEGER PRIMARY KEY REFERENCES block) STRICT;

  -- One row an entry; dapp and kind stand here again, for whoever looks into the file.
  CREATE TABLE entry (
    block INTEGER NOT NULL REFERENCES block,
    idx INTEGER NOT NULL,
    dapp TEXT NOT NULL,
    kind TEXT NOT NULL,
    salt BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (block, idx)
  ) STRICT, WITHOUT ROWID;

  -- What became of each entry, in the order in which they were played.
  CREATE TABLE outcome (
    position INTEGER PRIMARY KEY,
    block INTEGER NOT NULL REFERENCES block,
    idx INTEGER NOT NULL,
    ok INTEGER NOT NULL,
    code TEXT,
    message TEXT,
    at_ms INTEGER NOT NULL,
    at_quality TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX outcome_entry ON outcome (block, idx);

  -- Entries whose dapp failed on them and which wait to be played again.
  CREATE TABLE waiting (
    block INTEGER NOT NULL REFERENCES block,
    idx INTEGER NOT NULL,
    dapp TEXT NOT NULL,
    tries INTEGER NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (block, idx)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE state (
    dapp TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (dapp, key)
  ) STRICT, WITHOUT ROWID;

  -- One row: how far the fold has come, as the arrival of the last block played.
  CREATE TABLE fold (one INTEGER PRIMARY KEY CHECK (one = 1), arrival INTEGER NOT NULL) STRICT;
  INSERT INTO fold VALUES (1, 0);

  -- Pulses that a fact here speaks of; local to this node, the oldest leave first.
  CREATE TABLE pulse (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    fact TEXT NOT NULL,
    UNIQUE (id, fact)
  ) STRICT;
  `,
];

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
  if (found < 0) throw new CodedError('store_damaged', `${path} has no schema (${found})`, { fields: { path, found } });
  MIGRATIONS.slice(found).forEach((step, index) => {
    database.transaction(() => {
      database.exec(step);
      database.pragma(`user_version = ${found + index + 1}`);
    })();
  });
}
