import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { BROKER_CHECK_BYTES_MAX } from '../base/limits.ts';
import type { Log } from './log.ts';

/** "blkq": says whose file it is, to `file` and to us. */
const APPLICATION_ID = 0x626c6b71;
const SCHEMA_VERSION = 1;

/**
 * `meta` is a packet without its payload, as JSON; `payload` is a blob, or text where it came as text. `position` is
 * the order in which messages wait for a client; `message` the number they have there once they were sent; both of
 * `broker` and `counter` are null for a PUBREL. `device` published the retained message; null: this node.
 */
const SCHEMA = `
  CREATE TABLE retained (
    topic TEXT NOT NULL UNIQUE, device TEXT, bytes INTEGER NOT NULL, meta TEXT NOT NULL, payload ANY NOT NULL
  ) STRICT;
  -- used: the higher, the later.
  CREATE TABLE session (client TEXT PRIMARY KEY, used INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE subscription (
    client TEXT NOT NULL, topic TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (client, topic)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outgoing (
    position INTEGER PRIMARY KEY,
    client TEXT NOT NULL, broker TEXT, counter INTEGER, message INTEGER,
    bytes INTEGER NOT NULL, meta TEXT NOT NULL, payload ANY NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX outgoing_packet ON outgoing (client, broker, counter);
  CREATE INDEX outgoing_message ON outgoing (client, message);
  CREATE TABLE incoming (
    client TEXT NOT NULL, message INTEGER NOT NULL, meta TEXT NOT NULL, payload ANY NOT NULL,
    PRIMARY KEY (client, message)
  ) STRICT, WITHOUT ROWID;
  -- Of commands whose time is not over; expires: ms since 1970.
  CREATE TABLE nonce (nonce TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE will (client TEXT PRIMARY KEY, broker TEXT NOT NULL, meta TEXT NOT NULL, payload ANY NOT NULL) STRICT;
`;

/**
 * Opens the broker's own file, or makes it. One that is damaged, foreign or of a newer release is set aside and an
 * empty one takes its place: it holds nothing of the ledger, and a door must not wait for it. Why this synchronous
 * level: BROKER.md.
 * @throws broker_store when not even an empty one can be made.
 */
export function openBrokerDatabase(path: string, log: Log): Database {
  try {
    return opened(path);
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (!existsSync(path) || !isSpoilt(code)) throw unusable(path, error);
    const aside = asidePath(path);
    setAside(path, aside);
    log.warn({ code: 'broker_store_damaged', path, aside }, `${path} was set aside: ${messageOf(error)}`);
  }
  try {
    return opened(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

function isSpoilt(code: string): boolean {
  return code === 'broker_store_foreign' || /^SQLITE_(NOTADB|CORRUPT|ERROR|SCHEMA)/.test(code);
}

function opened(path: string): Database {
  const database = new DatabaseConstructor(path, { timeout: 0 });
  try {
    prepare(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepare(database: Database, path: string): void {
  database.pragma('locking_mode = EXCLUSIVE');
  const isNew = database.pragma('schema_version', { simple: true }) === 0;
  const [owner, version] = ['application_id', 'user_version'].map((name) => database.pragma(name, { simple: true }));
  if (!isNew && (owner !== APPLICATION_ID || version !== SCHEMA_VERSION)) {
    throw new CodedError('broker_store_foreign', `it is no broker's file of this release (schema ${version})`, {
      fields: { path },
    });
  }
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('trusted_schema = OFF');
  if (isNew) {
    database.transaction(() => {
      database.exec(SCHEMA);
      database.pragma(`application_id = ${APPLICATION_ID}`);
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
    })();
  }
  // A long queue would hold a board's start for seconds: damage there shows when it is read.
  if (statSync(path).size > BROKER_CHECK_BYTES_MAX) return;
  const faults = database.prepare<[], { quick_check: string }>('PRAGMA quick_check(1)').all();
  if (faults.some(({ quick_check: fault }) => fault !== 'ok')) {
    throw new CodedError('broker_store_foreign', `SQLite says: ${faults[0]?.quick_check}`, { fields: { path } });
  }
}

/** The newest damaged file is kept, for whoever wants to know; older ones would fill the disk. */
function asidePath(path: string): string {
  return `${path}.damaged`;
}

function setAside(path: string, aside: string): void {
  for (const end of ['-wal', '-shm', '']) {
    rmSync(aside + end, { force: true });
    if (existsSync(path + end)) renameSync(path + end, aside + end);
  }
}

function unusable(path: string, cause: unknown): CodedError {
  return new CodedError('broker_store', `${path} cannot be used: ${messageOf(cause)}`, {
    cause,
    fields: { path },
    advice: 'Check the disk, and the owner and mode of the file; what it holds can be lost without harm.',
  });
}
