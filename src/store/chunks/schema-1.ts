/**
 * Step 1: from an empty file to the first schema of `chunks.db`. What it is for stands in `src/chunks/STORE.md`.
 *
 * Digests are SHA-256, 32 bytes; times are milliseconds since 1970; epochs count collections, from 128.
 */
export const SCHEMA_1 = `
  -- One row, written in the same transactions as what it counts.
  -- collecting: the epoch of a collection that has begun and not ended. floor: under which it takes chunks: the least of
  -- its own epoch and those of the leases there were when it raised it; kept until it ends, for a lease that has ended
  -- since may have set a root that the marking came too early for.
  -- profiles: JSON, as the root block of the mesh has it. scrubbed: the last pack that was read again.
  -- chunks, raw_bytes: of the rows of chunk. packs, stored_bytes: of those of pack.
  CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL,
    collecting INTEGER, floor INTEGER,
    profiles TEXT NOT NULL,
    scrubbed INTEGER NOT NULL,
    packs INTEGER NOT NULL, stored_bytes INTEGER NOT NULL,
    chunks INTEGER NOT NULL, raw_bytes INTEGER NOT NULL
  ) STRICT;

  -- coding: 0 plain, 1 one frame of zstd. members: of each chunk its digest and its length, four bytes, the highest
  -- first; in the order in which they lie in the raw bytes; then eight bytes of the hash of these. A member whose row in chunk names another pack, or that has
  -- none, is dead here. Numbers are not given again.
  CREATE TABLE pack (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    coding INTEGER NOT NULL,
    raw_bytes INTEGER NOT NULL,
    stored_bytes INTEGER NOT NULL,
    members BLOB NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;

  -- Lists and documents of snapshots too. at: of its first byte in the raw bytes of the pack.
  CREATE TABLE chunk (
    digest BLOB PRIMARY KEY,
    pack INTEGER NOT NULL,
    at INTEGER NOT NULL,
    length INTEGER NOT NULL,
    epoch INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- target: blob (digest, height, length; all null for one without bytes) or snapshot (digest of its document).
  CREATE TABLE root (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    target TEXT NOT NULL,
    digest BLOB, height INTEGER, length INTEGER,
    added_ms INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (kind, name)
  ) STRICT, WITHOUT ROWID;

  -- A collection takes away those that it does not honour any more; whoever finds its own gone has lost it.
  CREATE TABLE lease (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    pid INTEGER NOT NULL
  ) STRICT;

  -- Chunks that were not what their names say. Their rows in chunk are gone; a put that brings one takes it out of here.
  CREATE TABLE quarantine (digest BLOB PRIMARY KEY, since_ms INTEGER NOT NULL, reason TEXT NOT NULL)
    STRICT, WITHOUT ROWID;

  -- Lists and directories (kind: list or tree) of which all that hangs on them was marked in that epoch. The epoch of
  -- their chunks does not say so: a file may hold the bytes of a list, and a put of it touches that chunk alone.
  CREATE TABLE walked (
    digest BLOB NOT NULL,
    kind TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (digest, kind)
  ) STRICT, WITHOUT ROWID;

  -- Folders that are stored again and again, and which walk through each was the last that came to its end.
  CREATE TABLE seen_source (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    walk INTEGER NOT NULL
  ) STRICT;
  -- Rows of another walk than that are of one that was cut, or not needed any more. look, content: as seen-code.ts has them.
  CREATE TABLE seen (
    source INTEGER NOT NULL, walk INTEGER NOT NULL,
    path BLOB NOT NULL,
    look BLOB NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (source, walk, path)
  ) STRICT, WITHOUT ROWID;

  -- Which other nodes said that they hold what a root names.
  CREATE TABLE copy (
    digest BLOB NOT NULL,
    node TEXT NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (digest, node)
  ) STRICT, WITHOUT ROWID;

  -- What is backed up, when, and what is kept of it: JSON.
  CREATE TABLE backup_set (name TEXT PRIMARY KEY, settings TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
