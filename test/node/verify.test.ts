import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor, { type Database } from 'better-sqlite3';
import t from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { sealBlock } from '../../src/format/sealed.ts';
import { writeBlock } from '../../src/ledger/authoring.ts';
import { OPERATIONS } from '../../src/node/operations/operations.ts';
import type { Space } from '../../src/node/space.ts';
import { systemRandomness } from '../../src/node/system.ts';
import { type VerifyResult, verifySpace } from '../../src/node/verify.ts';
import { CAPS, draft, keyOf, TIME } from '../ledger/written-chain.ts';
import { copySpace, makeSpace, withSpace } from './made-space.ts';

const verify = (folder: string): Promise<VerifyResult> => withSpace(folder, (space) => verifySpace(space, () => {}));

/**
 * Arrivals: 1 root, 2 the console's key, 3 a member, 4 the same again (refused), 5 and 6 devices, 7 a door, 8 a fact
 * that changes no state.
 */
async function fill(space: Space): Promise<void> {
  await space.command('membership', 'member.add', { member: 'm-1', name: 'Bob' });
  await space.command('membership', 'member.add', { member: 'm-1', name: 'Eve' }).catch(() => {});
  space.appendFact('mesh', 'device', { name: 'reader-1', role: 'reader', family: 'rdm6300' });
  space.appendFact('mesh', 'device', { name: 'strike-1', role: 'output', family: 'switch' });
  await space.command('door', 'door.add', {
    ...{ door: 'front', reader: 'reader-1', output: 'strike-1', openMs: 3_000, schedule: null, bits: 24 },
  });
  space.appendFact('mesh', 'recovered', { pulse: 'p1', output: 'strike-1', onNs: '1', offNs: '2', end: 'due' });
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
    change: (db) => flip(db, 'entry', 'body', 'block = 3', -1),
    found: { code: 'body_hash', arrival: 3 },
  },
  'a byte of a salt': {
    change: (db) => flip(db, 'entry', 'salt', 'block = 3', 0),
    found: { code: 'body_hash', arrival: 3 },
    only: ['body_hash'],
  },
  'a body cut short': {
    change: sql("UPDATE entry SET body = x'a0' WHERE block = 8"),
    found: { code: 'body_size', arrival: 8 },
  },
  'a salt of another length': {
    change: sql("UPDATE entry SET salt = x'00' WHERE block = 8"),
    found: { code: 'body_salt', arrival: 8 },
    only: ['body_salt'],
  },
  'a body gone': { change: sql('DELETE FROM entry WHERE block = 7'), found: { code: 'body_missing', arrival: 7 } },
  'a body too many': {
    change: sql('INSERT INTO entry SELECT block, 1, dapp, kind, salt, body FROM entry WHERE block = 8'),
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
      'UPDATE block SET bytes = b.bytes, signature = b.signature FROM block b WHERE b.arrival = 6 AND block.arrival = 5',
      'UPDATE entry SET body = b.body, salt = b.salt FROM entry b WHERE b.block = 6 AND entry.block = 5',
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
    change: sql('DELETE FROM block WHERE arrival = 5', 'DELETE FROM entry WHERE block = 5'),
    found: { code: 'block_missing' },
  },
  'the last block gone': {
    change: sql('DELETE FROM block WHERE arrival = 8', 'DELETE FROM entry WHERE block = 8', 'DELETE FROM head'),
    found: { code: 'outcome_stray', arrival: 8, index: 0 },
  },
  'the last block and its outcome gone': {
    change: sql(
      'DELETE FROM block WHERE arrival = 8',
      'DELETE FROM entry WHERE block = 8',
      'DELETE FROM outcome WHERE block = 8',
    ),
    found: { code: 'block_missing' },
  },
  'two blocks changed places': {
    change: sql(
      'UPDATE block SET arrival = 100 WHERE arrival = 7',
      'UPDATE block SET arrival = 7 WHERE arrival = 8',
      'UPDATE block SET arrival = 8 WHERE arrival = 100',
      'UPDATE entry SET block = 100 WHERE block = 7',
      'UPDATE entry SET block = 7 WHERE block = 8',
      'UPDATE entry SET block = 8 WHERE block = 100',
    ),
    found: { code: 'block_parent' },
  },
  'the height beside a block': {
    change: sql('UPDATE block SET height = height + 7 WHERE arrival = 8'),
    found: { code: 'block_index', arrival: 8 },
    only: ['block_index'],
  },
  'the seq beside a block': {
    change: sql('UPDATE block SET seq = 99 WHERE arrival = 5'),
    found: { code: 'block_index', arrival: 5 },
    only: ['block_index'],
  },
  'the life beside a block': {
    change: sql("UPDATE block SET life = x'00' WHERE arrival = 5"),
    found: { code: 'block_index', arrival: 5 },
    only: ['block_index'],
  },
  'the author beside a block': {
    change: sql('UPDATE block SET author = (SELECT author FROM block WHERE arrival = 1) WHERE arrival = 5'),
    found: { code: 'block_index', arrival: 5 },
    only: ['block_index'],
  },
  'a head gone': { change: sql('DELETE FROM head'), found: { code: 'head_missing' }, only: ['head_missing'] },
  'a head too many': {
    change: sql('INSERT INTO head VALUES (3)'),
    found: { code: 'head_extra' },
    only: ['head_extra'],
  },
  'an outcome gone': {
    change: sql('DELETE FROM outcome WHERE block = 8'),
    found: { code: 'outcome_missing', arrival: 8, index: 0 },
    only: ['outcome_missing'],
  },
  'the outcome of a refused entry gone': {
    change: sql('DELETE FROM outcome WHERE block = 4'),
    found: { code: 'outcome_missing', arrival: 4, index: 0 },
    only: ['outcome_missing'],
  },
  'an outcome that made state gone': {
    change: sql('DELETE FROM outcome WHERE block = 3'),
    found: { code: 'outcome_missing', arrival: 3 },
  },
  'another code of a refusal': {
    change: sql("UPDATE outcome SET code = 'name_taken' WHERE block = 4"),
    found: { code: 'outcome_differs', arrival: 4 },
    only: ['outcome_differs'],
  },
  'a refusal made good': {
    change: sql('UPDATE outcome SET ok = 1, code = NULL, message = NULL WHERE block = 4'),
    found: { code: 'outcome_differs', arrival: 4 },
    only: ['outcome_differs'],
  },
  'a grant refused': {
    change: sql("UPDATE outcome SET ok = 0, code = 'no' WHERE block = 7"),
    found: { code: 'outcome_differs', arrival: 7 },
  },
  'a grant blamed on its dapp': {
    change: sql("UPDATE outcome SET ok = 0, code = 'dapp_failed' WHERE block = 7"),
    found: { code: 'state_extra', dapp: 'door' },
  },
  'good, and blamed on its dapp': {
    change: sql("UPDATE outcome SET code = 'dapp_failed' WHERE block = 7"),
    found: { code: 'outcome_differs', arrival: 7 },
    only: ['outcome_differs'],
  },
  'an outcome of no block': {
    change: sql("INSERT INTO outcome VALUES (99, 77, 0, 1, NULL, NULL, 1, 'synced')"),
    found: { code: 'outcome_stray', arrival: 77 },
    only: ['outcome_stray'],
  },
  'an outcome of no entry': {
    change: sql("INSERT INTO outcome VALUES (99, 8, 5, 1, NULL, NULL, 1, 'synced')"),
    found: { code: 'entry_missing', arrival: 8, index: 5 },
    only: ['entry_missing'],
  },
  'an outcome of an entry below the first': {
    change: sql("INSERT INTO outcome VALUES (99, 8, -1, 1, NULL, NULL, 1, 'synced')"),
    found: { code: 'entry_missing', arrival: 8, index: -1 },
    only: ['entry_missing'],
  },
  'played in another order': {
    change: sql('UPDATE outcome SET position = 100 WHERE block = 1'),
    found: { code: 'outcome_differs' },
  },
  'an entry waits that was played': {
    change: sql("INSERT INTO waiting VALUES (8, 0, 'mesh', 1, 'dapp_timeout')"),
    found: { code: 'waiting_stray', arrival: 8 },
  },
  'an entry waits in place of its outcome': {
    change: sql("INSERT INTO waiting VALUES (77, 0, 'mesh', 1, 'dapp_timeout')"),
    found: { code: 'waiting_stray', arrival: 77 },
  },
  'the fold set back': {
    change: sql('UPDATE fold SET arrival = 6'),
    found: { code: 'fold_behind', arrival: 7, index: 0 },
  },
  'the fold set ahead': { change: sql('UPDATE fold SET arrival = 60'), found: { code: 'block_missing', arrival: 60 } },
  'another value of state': {
    change: sql(`UPDATE state SET value = x'01' WHERE ${NAMED}`),
    found: { code: 'state_differs', dapp: 'membership', key: 'member/m-1' },
    only: ['state_differs'],
  },
  'a value of state in another form': {
    change: sql(`UPDATE state SET value = x'ff' WHERE ${NAMED}`),
    found: { code: 'state_differs', dapp: 'membership', key: 'member/m-1' },
    only: ['state_differs'],
  },
  'a value of state of no bytes': {
    change: sql(`UPDATE state SET value = x'' WHERE ${NAMED}`),
    found: { code: 'state_differs' },
    only: ['state_differs'],
  },
  'a value of state too long': {
    change: sql(`UPDATE state SET value = zeroblob(200000) WHERE ${NAMED}`),
    found: { code: 'state_differs' },
    only: ['state_differs'],
  },
  'who a key speaks for': {
    change: sql("UPDATE state SET value = x'ff' WHERE dapp = 'mesh' AND key LIKE 'key/%'"),
    found: { code: 'state_differs', dapp: 'mesh' },
    only: ['state_differs'],
  },
  'a key gone': {
    change: sql(`DELETE FROM state WHERE ${NAMED}`),
    found: { code: 'state_missing', key: 'member/m-1' },
    only: ['state_missing'],
  },
  'a key too many': {
    change: sql("INSERT INTO state VALUES ('door', 'door/back', x'a0')"),
    found: { code: 'state_extra', dapp: 'door', key: 'door/back' },
    only: ['state_extra'],
  },
  'a key of another dapp': {
    change: sql(`UPDATE state SET dapp = 'x' WHERE ${NAMED}`),
    found: { code: 'state_extra', dapp: 'x' },
    only: ['state_extra', 'state_missing'],
  },
  'keys that are no text': {
    change: sql("INSERT INTO state VALUES (CAST(x'ff00' AS TEXT), CAST(x'fe' AS TEXT), x'a0')"),
    found: { code: 'state_extra' },
    only: ['state_extra'],
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
    const result = await verifySpace(space, (stage, done, total) => {
      stages.add(stage);
      t.ok(done <= total || stage === 'state', `${stage} ${done}/${total}`);
      if (appended++ < 3)
        space.appendFact('mesh', 'recovered', {
          pulse: `v${appended}`,
          output: 'o',
          onNs: '1',
          offNs: '2',
          end: 'due',
        });
    });
    t.strictSame([...stages], ['blocks', 'entries', 'state']);
    t.strictSame(result.findings, []);
    await space.fold.settled();
    const shown = (await OPERATIONS.verify?.(
      { space, randomness: systemRandomness, progress: () => {} },
      {},
    )) as JsonObject;
    t.match(shown, { findings: [], blocks: 11 });
  });
});
