import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor, { type Database } from 'better-sqlite3';
import t from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type { Body } from '../../src/format/body.ts';
import { sealBlock } from '../../src/format/sealed.ts';
import { writeBlock } from '../../src/ledger/authoring.ts';
import { OPERATIONS } from '../../src/node/operations/operations.ts';
import type { Space } from '../../src/node/space.ts';
import { systemRandomness } from '../../src/node/system.ts';
import { type VerifyResult, verifySpace } from '../../src/node/verify.ts';
import { Findings } from '../../src/node/verify-findings.ts';
import { checkPlayed } from '../../src/node/verify-outcomes.ts';
import { decodeBodies, encodeBodies } from '../../src/store/bodies.ts';
import type { EntryPlace } from '../../src/store/fold-commit.ts';
import { type FoldPlace, FoldRow } from '../../src/store/fold-row.ts';
import {
  fromRow,
  OUTCOME_COLUMNS,
  type OutcomeRow,
  type RecordedOutcome,
  toRow,
} from '../../src/store/outcome-rows.ts';
import { Digest, EMPTY_DIGEST, rowSum } from '../../src/store/row-sum.ts';
import { type StateRowOnDisk, stateRowSum } from '../../src/store/state-rows.ts';
import { StateTable } from '../../src/store/states.ts';
import { Tips } from '../../src/store/tips.ts';
import { printTips } from '../../src/store/tips-book.ts';
import { waitingSum } from '../../src/store/waiting-rows.ts';
import { CAPS, draft, keyOf, TIME } from '../ledger/written-chain.ts';
import { copySpace, makeSpace, withSpace } from './made-space.ts';

/** In the header of a file of SQLite: how many pages it has. */
const PAGE_COUNT_AT = 28;

const verify = (folder: string): Promise<VerifyResult> =>
  withSpace(folder, (space) => verifySpace(space, () => {}), { isUnchecked: true });

/**
 * Arrivals: 1 root, 2 the console's key, 3 a member, 4 the same again (refused), 5 and 6 devices, 7 a door, 8 a fact
 * that changes no state.
 */
async function fill(space: Space): Promise<void> {
  await space.command('membership', 'member.add', { member: 'm-1', name: 'Bob' });
  await space.command('membership', 'member.add', { member: 'm-1', name: 'Eve' }).catch(() => {});
  await space.appendFact('mesh', 'device', { name: 'reader-1', role: 'reader', family: 'rdm6300' });
  await space.appendFact('mesh', 'device', { name: 'strike-1', role: 'output', family: 'switch' });
  await space.command('door', 'door.add', {
    ...{ door: 'front', reader: 'reader-1', output: 'strike-1', openMs: 3_000, schedule: null, bits: 24 },
  });
  await space.appendFact('mesh', 'recovered', { pulse: 'p1', output: 'strike-1', onNs: '1', offNs: '2', end: 'due' });
  await space.fold.settled();
}

/** Changes the file as somebody with its password would: there is none. */
function tamper(folder: string, change: (database: Database) => void): void {
  const database = new DatabaseConstructor(join(folder, 'ledger.db'));
  database.pragma('foreign_keys = OFF');
  database.pragma('ignore_check_constraints = ON');
  change(database);
  database.close();
}

/** Flips a bit of one byte of a blob. */
function flip(database: Database, table: string, column: string, where: string, at: number): void {
  const value = database.prepare(`SELECT ${column} FROM ${table} WHERE ${where}`).pluck().get() as Buffer;
  const bytes = Buffer.from(value);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(bytes);
}

const sql =
  (...statements: readonly string[]) =>
  (database: Database): void => {
    for (const statement of statements) if (database.prepare(statement).run().changes === 0) throw new Error(statement);
  };

/** Other bodies of the block that arrived so. */
const bodies =
  (arrival: number, change: (old: readonly (Body | null)[]) => readonly (Body | null | undefined)[]) =>
  (database: Database): void => {
    const old = database.prepare('SELECT bodies FROM block WHERE arrival = ?').pluck().get(arrival) as Buffer;
    const next = change(decodeBodies(old)).map((body) => body ?? null);
    database.prepare('UPDATE block SET bodies = ? WHERE arrival = ?').run(encodeBodies(next), arrival);
  };

function spoiled(body: Body | null | undefined, part: 'salt' | 'bytes', at: number): Body {
  if (!body) throw new RangeError('no body');
  const bytes = new Uint8Array(body[part]);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  return { ...body, [part]: bytes };
}

type Kept = { readonly heads: readonly unknown[]; readonly authors: readonly unknown[] };

/** Tips written down as somebody who was wrong would have: in good order. */
const kept =
  (change: (book: Kept) => Kept) =>
  (database: Database): void => {
    const now = new Tips(database).now();
    const book = JSON.stringify(change(JSON.parse(printTips(now)) as Kept));
    const sum = rowSum(['tips', now.arrival, book]);
    database.prepare('INSERT OR REPLACE INTO tips VALUES (1, ?, ?, ?)').run(now.arrival, book, sum);
  };

/** Another place of the fold, with the digest over what there is: a fold that was wrong, on a disk that is sound. */
const folded =
  (change: Partial<FoldPlace>) =>
  (database: Database): void => {
    const digest = new Digest(EMPTY_DIGEST);
    new StateTable(database).flipAll(digest);
    for (const sum of database.prepare('SELECT sum FROM waiting').pluck().all()) digest.flip(sum as Buffer);
    const row = new FoldRow(database);
    row.write({ ...row.read(), ...change, digest: digest.bytes });
  };

/** Another outcome of the block's one entry. */
const recorded =
  (arrival: number, change: (old: RecordedOutcome) => RecordedOutcome) =>
  (database: Database): void => {
    const row = database.prepare(`SELECT ${OUTCOME_COLUMNS} FROM outcome WHERE block = ?`).get(arrival);
    putOutcome(database, change(fromRow(row as OutcomeRow)), 'REPLACE');
  };

/** One more outcome, of an entry that is not here. */
const played =
  (place: { readonly arrival: number; readonly index: number }) =>
  (database: Database): void => {
    const row = database.prepare(`SELECT ${OUTCOME_COLUMNS} FROM outcome WHERE block = 8`).get();
    putOutcome(database, { ...fromRow(row as OutcomeRow), ...place, position: 9 }, 'INSERT');
    folded({ position: 9 })(database);
  };

function putOutcome(database: Database, outcome: RecordedOutcome, how: 'INSERT' | 'REPLACE'): void {
  const places = OUTCOME_COLUMNS.replaceAll(/\w+/g, (column) => `:${column}`);
  database.prepare(`${how} INTO outcome (${OUTCOME_COLUMNS}) VALUES (${places})`).run(toRow(outcome));
}

const waits =
  (place: { readonly arrival: number; readonly index: number }) =>
  (database: Database): void => {
    const entry = { ...place, dapp: 'mesh', tries: 1, code: 'dapp_timeout' };
    const insert = database.prepare('INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?)');
    insert.run(place.arrival, place.index, entry.dapp, entry.tries, entry.code, waitingSum(entry));
    folded({})(database);
  };

/** Another row of state, written in good order. */
const stated =
  (where: string, change: string) =>
  (database: Database): void => {
    const { changes } = database.prepare(`UPDATE state SET ${change} WHERE ${where}`).run();
    if (changes === 0) throw new Error(where);
    const put = database.prepare('UPDATE state SET sum = ? WHERE dapp = ? AND key = ?');
    for (const row of database.prepare('SELECT * FROM state').all() as (StateRowOnDisk & { dapp: string })[])
      put.run(stateRowSum('state', row.dapp, row), row.dapp, row.key);
    folded({})(database);
  };

interface Root {
  readonly name: string;
  readonly rootpage: number;
}

interface Case {
  readonly change: (database: Database) => void;
  /** Has to be among what is found. */
  readonly found: Partial<Record<string, unknown>>;
  /** Nothing with another code is. */
  readonly only?: readonly string[];
}

const NAMED = "dapp = 'membership' AND key = 'member/m-1'";
const CASES: Readonly<Record<string, Case>> = {
  'a byte of a body': {
    change: bodies(3, ([body]) => [spoiled(body, 'bytes', -1)]),
    found: { code: 'body_hash', arrival: 3 },
  },
  'a byte of a salt': {
    change: bodies(3, ([body]) => [spoiled(body, 'salt', 0)]),
    found: { code: 'body_hash', arrival: 3 },
  },
  'a body cut short': {
    change: bodies(8, ([body]) => [body && { ...body, bytes: Uint8Array.of(0xa0) }]),
    found: { code: 'body_size', arrival: 8 },
  },
  'a salt of another length': {
    change: bodies(8, ([body]) => [body && { ...body, salt: new Uint8Array(1) }]),
    found: { code: 'body_salt', arrival: 8 },
  },
  'a body gone that nobody erased': {
    change: bodies(7, () => [null]),
    found: { code: 'body_missing', arrival: 7 },
  },
  'a body less': { change: bodies(7, () => []), found: { code: 'body_missing', arrival: 7 } },
  'a body too many': { change: bodies(8, ([body]) => [body, body]), found: { code: 'body_missing', arrival: 8 } },
  'bodies of no form': {
    change: sql("UPDATE block SET bodies = x'ff' WHERE arrival = 8"),
    found: { code: 'body_missing', arrival: 8 },
  },
  'a byte of a signature': {
    change: (db) => flip(db, 'block', 'signature', 'arrival = 5', 40),
    found: { code: 'block_signature', arrival: 5 },
    only: ['block_signature'],
  },
  'a signature gone': {
    change: sql("UPDATE block SET signature = x'' WHERE arrival = 5"),
    found: { code: 'block_signature', arrival: 5 },
    only: ['block_signature'],
  },
  'the signature of another block': {
    change: sql('UPDATE block SET signature = (SELECT signature FROM block WHERE arrival = 6) WHERE arrival = 5'),
    found: { code: 'block_signature', arrival: 5 },
    only: ['block_signature'],
  },
  'the last byte of a block': {
    change: (db) => flip(db, 'block', 'bytes', 'arrival = 5', -1),
    found: { arrival: 5 },
  },
  'a block of no form': {
    change: sql("UPDATE block SET bytes = x'ff' WHERE arrival = 5"),
    found: { code: /^cbor_/, arrival: 5 },
  },
  'a block of noughts': {
    change: sql('UPDATE block SET bytes = zeroblob(200) WHERE arrival = 5'),
    found: { arrival: 5 },
  },
  'a block of no bytes': {
    change: sql("UPDATE block SET bytes = x'' WHERE arrival = 5"),
    found: { code: /^cbor_/, arrival: 5 },
  },
  'a block over the cap': {
    change: sql('UPDATE block SET bytes = zeroblob(100000) WHERE arrival = 5'),
    found: { code: 'block_too_large', arrival: 5 },
  },
  'the bytes and bodies of another block': {
    change: sql(
      `UPDATE block SET bytes = b.bytes, signature = b.signature, bodies = b.bodies FROM block b
       WHERE b.arrival = 6 AND block.arrival = 5`,
    ),
    found: { code: 'block_id', arrival: 5 },
  },
  'another id': { change: (db) => flip(db, 'block', 'id', 'arrival = 8', 3), found: { code: 'block_id', arrival: 8 } },
  'an id of three bytes': {
    change: sql("UPDATE block SET id = x'000102' WHERE arrival = 8"),
    found: { code: 'block_id', arrival: 8 },
  },
  'the root’s id': {
    change: (db) => flip(db, 'block', 'id', 'arrival = 1', 3),
    found: { code: 'block_id', arrival: 1 },
  },
  'the root’s signature': {
    change: (db) => flip(db, 'block', 'signature', 'arrival = 1', 3),
    found: { code: 'block_signature', arrival: 1 },
    only: ['block_signature'],
  },
  'the root’s bytes': { change: (db) => flip(db, 'block', 'bytes', 'arrival = 1', -1), found: { arrival: 1 } },
  'a block gone': {
    change: sql('DELETE FROM block WHERE arrival = 5'),
    found: { code: 'block_missing' },
  },
  'the last block gone': {
    change: sql('DELETE FROM block WHERE arrival = 8'),
    found: { code: 'outcome_stray', arrival: 8, index: 0 },
  },
  'the last block and its outcome gone': {
    change: sql('DELETE FROM block WHERE arrival = 8', 'DELETE FROM outcome WHERE block = 8'),
    found: { code: 'block_missing' },
  },
  'two blocks changed places': {
    change: sql(
      'UPDATE block SET arrival = 100 WHERE arrival = 7',
      'UPDATE block SET arrival = 7 WHERE arrival = 8',
      'UPDATE block SET arrival = 8 WHERE arrival = 100',
    ),
    found: { code: 'block_parent' },
  },
  'tips written down that are others': {
    change: kept(({ heads, ...book }) => ({
      ...book,
      heads: [...heads, ['00'.repeat(32), { arrival: 1, height: 0 }]],
    })),
    found: { code: 'head_extra' },
    only: ['head_extra'],
  },
  'tips without a head': {
    change: kept((book) => ({ ...book, heads: [] })),
    found: { code: 'head_missing' },
    only: ['head_missing'],
  },
  'tips without an author': {
    change: kept((book) => ({ ...book, authors: [] })),
    found: { code: 'author_tip' },
    only: ['author_tip'],
  },
  'tips that the disk spoiled': {
    change: (db) => {
      kept((book) => book)(db);
      sql("UPDATE tips SET book = replace(book, '8', '7')")(db);
    },
    found: { code: 'store_damaged' },
  },
  'an outcome gone': {
    change: sql('DELETE FROM outcome WHERE block = 8'),
    found: { code: 'outcome_missing', arrival: 8, index: 0 },
    only: ['outcome_missing', 'store_damaged'],
  },
  'the outcome of a refused entry gone': {
    change: sql('DELETE FROM outcome WHERE block = 4'),
    found: { code: 'outcome_missing', arrival: 4, index: 0 },
    only: ['outcome_missing', 'store_damaged'],
  },
  'an outcome that made state gone': {
    change: sql('DELETE FROM outcome WHERE block = 3'),
    found: { code: 'outcome_missing', arrival: 3 },
  },
  'an outcome that the disk spoiled': {
    change: sql("UPDATE outcome SET message = 'x' WHERE block = 4"),
    found: { code: 'store_damaged', position: 4 },
    only: ['store_damaged'],
  },
  'another code of a refusal': {
    change: recorded(4, (one) => ({ ...one, code: 'name_taken' })),
    found: { code: 'outcome_differs', arrival: 4 },
    only: ['outcome_differs'],
  },
  'a refusal made good': {
    change: recorded(4, (one) => ({ ...one, ok: true, code: null, message: null })),
    found: { code: 'outcome_differs', arrival: 4 },
    only: ['outcome_differs'],
  },
  'a grant refused': {
    change: recorded(7, (one) => ({ ...one, ok: false, code: 'no' })),
    found: { code: 'outcome_differs', arrival: 7 },
  },
  'a grant blamed on its dapp': {
    change: recorded(7, (one) => ({ ...one, ok: false, code: 'dapp_failed' })),
    found: { code: 'state_extra', dapp: 'door' },
  },
  'good, and blamed on its dapp': {
    change: recorded(7, (one) => ({ ...one, code: 'dapp_failed' })),
    found: { code: 'outcome_differs', arrival: 7 },
    only: ['outcome_differs'],
  },
  'an entry that the log finds by another door': {
    change: recorded(7, (one) => ({ ...one, tags: { ...one.tags, door: 'back' } })),
    found: { code: 'outcome_index', arrival: 7 },
    only: ['outcome_index'],
  },
  'an entry that the log finds by another kind': {
    change: recorded(7, (one) => ({ ...one, kind: 'door.edit' })),
    found: { code: 'outcome_index', arrival: 7 },
    only: ['outcome_index'],
  },
  'an outcome of no block': {
    change: played({ arrival: 77, index: 0 }),
    found: { code: 'outcome_stray', arrival: 77 },
    only: ['outcome_stray'],
  },
  'an outcome of no entry': {
    change: played({ arrival: 8, index: 5 }),
    found: { code: 'entry_missing', position: 9 },
    only: ['entry_missing', 'outcome_index'],
  },
  'an outcome of an entry below the first': {
    change: played({ arrival: 8, index: -1 }),
    found: { code: 'entry_missing', position: 9 },
    only: ['entry_missing', 'outcome_index'],
  },
  'played in another order': {
    change: (db) => {
      recorded(1, (one) => ({ ...one, position: 100 }))(db);
      recorded(2, (one) => ({ ...one, position: 1 }))(db);
      recorded(1, (one) => ({ ...one, position: 2 }))(db);
    },
    found: { code: 'outcome_differs' },
  },
  'an entry waits that was played': {
    change: waits({ arrival: 8, index: 0 }),
    found: { code: 'waiting_stray', arrival: 8 },
  },
  'an entry waits in place of its outcome': {
    change: waits({ arrival: 77, index: 0 }),
    found: { code: 'waiting_stray', arrival: 77 },
  },
  'the fold set back': {
    change: folded({ arrival: 6 }),
    found: { code: 'fold_behind', arrival: 7, index: 0 },
  },
  'the fold set ahead': { change: folded({ arrival: 60 }), found: { code: 'block_missing', arrival: 60 } },
  'the fold that the disk spoiled': {
    change: sql('UPDATE fold SET position = 3'),
    found: { code: 'store_damaged' },
  },
  'another value of state': {
    change: stated(NAMED, "value = x'01'"),
    found: { code: 'state_differs', dapp: 'membership', key: 'member/m-1' },
    only: ['state_differs'],
  },
  'a value of state in another form': {
    change: stated(NAMED, "value = x'ff'"),
    found: { code: 'state_differs', dapp: 'membership', key: 'member/m-1' },
    only: ['state_differs'],
  },
  'a value of state of no bytes': {
    change: stated(NAMED, "value = x''"),
    found: { code: 'state_differs' },
    only: ['state_differs'],
  },
  'a value of state too long': {
    change: stated(NAMED, 'value = zeroblob(200000)'),
    found: { code: 'state_differs' },
    only: ['state_differs'],
  },
  'a value of state that the disk spoiled': {
    change: sql(`UPDATE state SET value = x'01' WHERE ${NAMED}`),
    found: { code: 'store_damaged' },
    only: ['state_differs', 'store_damaged'],
  },
  'who a key speaks for': {
    change: stated("dapp = 'mesh' AND key LIKE 'key/%'", "value = x'ff'"),
    found: { code: 'state_differs', dapp: 'mesh' },
    only: ['state_differs'],
  },
  'a key gone': {
    change: sql(`DELETE FROM state WHERE ${NAMED}`),
    found: { code: 'state_missing', key: 'member/m-1' },
    only: ['state_missing', 'store_damaged'],
  },
  'a key gone that the fold never had': {
    change: (db) => {
      sql(`DELETE FROM state WHERE ${NAMED}`)(db);
      folded({})(db);
    },
    found: { code: 'state_missing', key: 'member/m-1' },
    only: ['state_missing'],
  },
  'a key too many': {
    change: (db) => {
      sql("INSERT INTO state VALUES ('door', 'door/back', 1, 0, x'00', x'a0')")(db);
      stated("key = 'door/back'", 'before = 0')(db);
    },
    found: { code: 'state_extra', dapp: 'door', key: 'door/back' },
    only: ['state_extra'],
  },
  'a key of another dapp': {
    change: stated(NAMED, "dapp = 'x'"),
    found: { code: 'state_extra', dapp: 'x' },
    only: ['state_extra', 'state_missing'],
  },
  'keys that are no text': {
    change: sql("INSERT INTO state VALUES (CAST(x'ff00' AS TEXT), CAST(x'fe' AS TEXT), 1, 0, x'00', x'a0')"),
    found: { code: 'state_extra' },
    only: ['state_extra', 'store_damaged'],
  },
  'a version of a key that was written over': {
    change: sql("INSERT INTO version VALUES ('door', 'door/front', 1, 0, zeroblob(16), x'01')"),
    found: { code: 'store_damaged', what: /row of version/ },
  },
  'all of state gone': { change: sql('DELETE FROM state'), found: { code: 'state_missing', key: 'door/front' } },
};

t.test('every change of the file is found, by its code, and none stops the search', async (t) => {
  const { folder } = await makeSpace(t);
  await withSpace(folder, fill);
  const clean = await verify(folder);
  t.strictSame(clean.findings, []);
  t.match(clean, { blocks: 8, entries: 8 });
  t.ok(clean.stateKeys > 8);
  for (const [name, { change, found, only }] of Object.entries(CASES)) {
    const copy = copySpace(t, folder);
    tamper(copy, change);
    const { findings } = await verify(copy);
    const match = findings.find((finding) =>
      Object.entries(found).every(([key, value]) =>
        value instanceof RegExp ? value.test(String(finding[key])) : finding[key] === value,
      ),
    );
    t.ok(match, `${name}: ${JSON.stringify(found)} among ${JSON.stringify(findings).slice(0, 300)}`);
    t.ok(
      findings.every((finding) => typeof finding.what === 'string'),
      `${name}: each in words`,
    );
    if (only === undefined) continue;
    t.strictSame(
      [...new Set(findings.map((finding) => finding.code))].sort(),
      [...only].sort(),
      `${name}: nothing else`,
    );
  }
});

t.test('pages that the disk spoiled: found where the space still opens, a code where it does not', async (t) => {
  const { folder } = await makeSpace(t);
  await withSpace(folder, fill);
  const roots = new Map<number, string>();
  tamper(folder, (database) => {
    for (const { name, rootpage } of database.prepare('SELECT name, rootpage FROM sqlite_schema').all() as Root[])
      roots.set(rootpage, name);
  });
  const whole = readFileSync(join(folder, 'ledger.db'));
  for (const [page, name] of roots) {
    const copy = copySpace(t, folder);
    const bytes = Buffer.from(whole);
    bytes.fill(0xa5, (page - 1) * 4096, (page - 1) * 4096 + 64);
    writeFileSync(join(copy, 'ledger.db'), bytes);
    const found = await verify(copy).then(
      ({ findings }) => findings.map((finding) => finding.code),
      (error: unknown) => {
        if (!(error instanceof CodedError)) throw error;
        return [`refused with ${error.code}`];
      },
    );
    t.ok(
      found.some((code) => /store_damaged$/.test(String(code))),
      `${name}: ${[...new Set(found)].join(', ')}`,
    );
  }
});

t.test('an entry of a stranger, a body nobody can read and two blocks for one place', async (t) => {
  const { folder } = await makeSpace(t);
  const result = await withSpace(folder, async (space) => {
    await fill(space);
    const key = keyOf('stranger');
    const writer = { author: key.publicKey, life: new Uint8Array(16) };
    const place = space.blocks.placeFor(key.publicKey, CAPS.parentsMax);
    for (const name of ['one', 'two']) {
      const written = writeBlock(
        place,
        writer,
        [draft({ member: name, name }, 'member.add', 'membership')],
        TIME,
        systemRandomness,
      );
      t.equal(await space.writer.admit([sealBlock(written.encoded, written.bodies, key)]), 1);
    }
    return await verifySpace(space, () => {});
  });
  t.strictSame(
    result.findings.map(({ code }) => code),
    ['equivocation'],
    'both are kept, and told',
  );
});

t.test('tells how far it is, and a node goes on meanwhile', async (t) => {
  const { folder } = await makeSpace(t);
  await withSpace(folder, async (space) => {
    await fill(space);
    const stages = new Set<string>();
    let appended = 0;
    const written: Promise<unknown>[] = [];
    const result = await verifySpace(space, (stage, done, total) => {
      stages.add(stage);
      t.ok(done <= total || stage === 'state', `${stage} ${done}/${total}`);
      if (appended++ < 3) {
        const body = { pulse: `v${appended}`, output: 'o', onNs: '1', offNs: '2', end: 'due' };
        written.push(space.appendFact('mesh', 'recovered', body));
      }
    });
    await Promise.all(written);
    t.strictSame([...stages], ['file', 'blocks', 'past rows', 'versions', 'entries', 'state']);
    t.strictSame(result.findings, []);
    await space.fold.settled();
    const shown = (await OPERATIONS.verify?.(
      { space, randomness: systemRandomness, progress: () => {} },
      {},
    )) as JsonObject;
    t.match(shown, { findings: [], blocks: 11 });
  });
});

t.test('what only the file as such tells, and while its log may not go into it', async (t) => {
  const { folder } = await makeSpace(t);
  await withSpace(folder, fill);
  await withSpace(folder, async (space) => {
    await space.checkpoints.withheld(async () => {
      await t.rejects(
        verifySpace(space, () => {}),
        { code: 'backup_running' },
      );
    });
    t.strictSame((await verifySpace(space, () => {})).findings, []);
  });
  const path = join(folder, 'ledger.db');
  const file = readFileSync(path);
  const pages = file.readUInt32BE(PAGE_COUNT_AT);
  file.writeUInt32BE(pages + 1, PAGE_COUNT_AT);
  writeFileSync(path, Buffer.concat([file, Buffer.alloc(file.length / pages)]));
  const { findings } = await verify(folder);
  t.match(findings, [{ code: 'store_damaged', what: /never used/ }]);
  t.equal(findings.length, 1);
});

t.test('an entry that waited as the search began, and was played meanwhile, is no finding', async (t) => {
  const { folder } = await makeSpace(t);
  await withSpace(folder, async (space) => {
    await fill(space);
    const { blocks, clock, journal } = space;
    const played: EntryPlace = { arrival: 3, index: 0 };
    t.ok(journal.hasOutcome(played));
    const before = {
      waiting: () => [played],
      foldedTo: () => journal.foldedTo(),
      hasOutcome: (place: EntryPlace) => journal.hasOutcome(place),
      isWaiting: (place: EntryPlace) => journal.isWaiting(place),
    };
    const findings = new Findings();
    await checkPlayed({ blocks, clock, journal: before } as unknown as Space, findings);
    t.strictSame(findings.list, []);
  });
});
