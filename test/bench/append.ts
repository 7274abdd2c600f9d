import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import { assert } from '../../src/base/assert.ts';
import { APPEND_GROUP_MAX } from '../../src/base/limits.ts';
import type { Writer } from '../../src/node/writer.ts';
import { appendFact, BenchLedger, newKey, newRoot } from './bench-ledger.ts';
import { rateOf, rateOfEach, rounds } from './rounds.ts';
import type { Bench, Measured, Work } from './row.ts';

const ROUNDS = 9;
const ROUND_MS = 700;
const RATIO_MIN = 0.5;
/** One append or one insert between two looks at the clock would measure the clock as well. */
const BATCH = 16;

/** As many as share one commit. */
const GROUP = APPEND_GROUP_MAX;
const GROUPED_RATIO_MIN = 2;

/** Blocks of one entry, one at a time, each on disk before the next. */
export const appendBench: Bench = { names: ['append_durable'], run: async (work) => [await measure(work)] };

/** Blocks of one entry, asked for many at once. */
export const groupBench: Bench = { names: ['append_grouped'], run: async (work) => [await measureGroups(work)] };

async function measureGroups(work: Work): Promise<Measured> {
  const grouped = new BenchLedger(join(work.folder, 'grouped.db'), newRoot());
  const single = new BenchLedger(join(work.folder, 'single.db'), newRoot());
  try {
    const [many, one] = [grouped.writer(), single.writer()];
    const key = newKey();
    let position = 0;
    const next = (writer: Writer) => {
      position += 1;
      return appendFact(writer, key, position);
    };
    const figures = await rounds(ROUNDS, work, {
      ours: async () =>
        GROUP *
        (await rateOfEach(
          async () => void (await Promise.all(Array.from({ length: GROUP }, () => next(many)))),
          1,
          ROUND_MS,
        )),
      yardstick: () => rateOfEach(() => next(one), BATCH, ROUND_MS),
    });
    return {
      row: {
        name: 'append_grouped',
        unit: 'blocks/s',
        against: `the same appends one at a time; ours are asked for ${GROUP} at once`,
        ...figures.row,
        budget: `ratio >= ${GROUPED_RATIO_MIN}`,
        holds: figures.row.ratio >= GROUPED_RATIO_MIN,
      },
      ...figures.spreads,
    };
  } finally {
    grouped.close();
    single.close();
  }
}

async function measure(work: Work): Promise<Measured> {
  const ledger = new BenchLedger(join(work.folder, 'append.db'), newRoot());
  try {
    const writer = ledger.writer();
    const key = newKey();
    let position = 0;
    const append = async () => {
      position += 1;
      await appendFact(writer, key, position);
    };
    await append();
    const insert = bareInsert(join(work.folder, 'bare.db'), lastBlockBytes(ledger));
    const figures = await rounds(ROUNDS, work, {
      ours: () => rateOfEach(append, BATCH, ROUND_MS),
      yardstick: () => rateOf(insert, BATCH, ROUND_MS),
    });
    const against = 'SQLite alone: one row of as many bytes a transaction, write-ahead log, FULL sync, same disk';
    return {
      row: {
        name: 'append_durable',
        unit: 'blocks/s',
        against,
        ...figures.row,
        budget: `ratio >= ${RATIO_MIN}`,
        holds: figures.row.ratio >= RATIO_MIN,
      },
      ...figures.spreads,
    };
  } finally {
    ledger.close();
  }
}

/** Bytes of the last block with its signature, salt and body. */
function lastBlockBytes(ledger: BenchLedger): number {
  const [block] = ledger.blocks.after(ledger.blocks.counts().blocks - 1, 1);
  assert(block !== undefined, 'the ledger has a block');
  const bodies = block.bodies.reduce((sum, body) => sum + (body?.salt.length ?? 0) + (body?.bytes.length ?? 0), 0);
  return block.bytes.length + block.signature.length + bodies;
}

/** @returns what inserts one row of `bytes` bytes. */
function bareInsert(path: string, bytes: number): () => void {
  const database = new DatabaseConstructor(path);
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT');
  const statement = database.prepare('INSERT INTO bare (row) VALUES (?)');
  const row = Buffer.alloc(bytes, 0xa5);
  return () => void statement.run(row);
}
