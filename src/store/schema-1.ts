/**
 * Step 1: from an empty file to the first schema.
 *
 * Blocks are kept as received. `arrival` is the order in which they came to this node, parents always first. What the
 * fold makes of them (outcome, waiting, state, gone, version) can be made anew from the blocks at any time.
 *
 * `sum` is the fingerprint of its row (`row-sum.ts`), and a `digest` that of a set of rows: what the disk spoils or
 * loses is noticed, and never read as if it had been written so. A block is known by its id.
 */
export const SCHEMA_1 = `
  -- bodies: canonical list, for each entry [salt, body], or null where the body was erased.
  CREATE TABLE block (
    arrival INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    signature BLOB NOT NULL,
    bytes BLOB NOT NULL,
    bodies BLOB NOT NULL
  ) STRICT;
  -- Six bytes of the id: of a million blocks it stays small enough for the cache, and ids are compared whole anyway.
  CREATE INDEX block_id ON block (substr(id, 1, 6));

  -- Blocks that were here and that a repair could not save; their arrivals are not given again.
  CREATE TABLE lost (arrival INTEGER PRIMARY KEY, id BLOB) STRICT;

  -- Where the next block stands, as it was after one of the last blocks: what came later is read again at a start.
  -- book: JSON of the heads (blocks that no block here has as a parent) and the last block of each author.
  CREATE TABLE tips (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    arrival INTEGER NOT NULL, book TEXT NOT NULL, sum BLOB NOT NULL
  ) STRICT;

  -- Pulses that a fact here speaks of; local to this node, the oldest leave first.
  CREATE TABLE pulse (
    id TEXT NOT NULL,
    fact TEXT NOT NULL,
    arrival INTEGER NOT NULL,
    sum BLOB NOT NULL,
    PRIMARY KEY (id, fact)
  ) STRICT, WITHOUT ROWID;

  -- What became of each entry, in the order in which they were played, and what the log is asked by.
  -- keys: the keys of its dapp's state that it wrote, as a JSON list. erased: its body is gone for good.
  CREATE TABLE outcome (
    position INTEGER PRIMARY KEY,
    block INTEGER NOT NULL, idx INTEGER NOT NULL,
    dapp TEXT NOT NULL, kind TEXT NOT NULL,
    ok INTEGER NOT NULL, code TEXT, message TEXT,
    at_ms INTEGER NOT NULL, at_quality TEXT NOT NULL,
    keys TEXT NOT NULL,
    erased INTEGER NOT NULL,
    door TEXT, member TEXT, second TEXT, reader TEXT,
    sum BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX outcome_entry ON outcome (block, idx);
  CREATE INDEX outcome_door ON outcome (door, position, kind) WHERE door IS NOT NULL;
  CREATE INDEX outcome_member ON outcome (member, position, kind) WHERE member IS NOT NULL;
  CREATE INDEX outcome_second ON outcome (second, position, kind) WHERE second IS NOT NULL;
  CREATE INDEX outcome_reader ON outcome (reader, position, kind) WHERE reader IS NOT NULL;

  -- Entries whose dapp failed on them and which wait to be played again.
  CREATE TABLE waiting (
    block INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    dapp TEXT NOT NULL,
    tries INTEGER NOT NULL,
    code TEXT NOT NULL,
    sum BLOB NOT NULL,
    PRIMARY KEY (block, idx)
  ) STRICT, WITHOUT ROWID;

  -- State as it is now. position: of the outcome that wrote the value. before: that of the version before it, 0: none.
  CREATE TABLE state (
    dapp TEXT NOT NULL,
    key TEXT NOT NULL,
    position INTEGER NOT NULL, before INTEGER NOT NULL,
    sum BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (dapp, key)
  ) STRICT, WITHOUT ROWID;

  -- Keys that had a value and have none now; beside state, so that its scans do not pass them.
  CREATE TABLE gone (
    dapp TEXT NOT NULL,
    key TEXT NOT NULL,
    position INTEGER NOT NULL, before INTEGER NOT NULL,
    sum BLOB NOT NULL,
    PRIMARY KEY (dapp, key)
  ) STRICT, WITHOUT ROWID;

  -- What state was before. value: null where the key had none, or where what it was has been erased.
  CREATE TABLE version (
    dapp TEXT NOT NULL,
    key TEXT NOT NULL,
    position INTEGER NOT NULL, before INTEGER NOT NULL,
    sum BLOB NOT NULL,
    value BLOB,
    PRIMARY KEY (dapp, key, position)
  ) STRICT, WITHOUT ROWID;

  -- One row: the arrival of the last block played, the last position, that of the last outcome that erased (0: none),
  -- and the digest over waiting, state and gone. Absent until the fold has begun.
  CREATE TABLE fold (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    arrival INTEGER NOT NULL, position INTEGER NOT NULL,
    erased INTEGER NOT NULL,
    digest BLOB NOT NULL,
    sum BLOB NOT NULL
  ) STRICT;
`;
