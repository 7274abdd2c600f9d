import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import t, { type Test } from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import { readEnvironment } from '../../src/cli/environment.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import { idText } from '../../src/format/ids.ts';
import { openLedger } from '../../src/node/ledger-file.ts';
import { type RepairResult, repairSpace } from '../../src/node/repair.ts';
import { readRoot } from '../../src/node/root.ts';
import type { Space } from '../../src/node/space.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import { openDatabase } from '../../src/store/database.ts';
import { Journal } from '../../src/store/journal.ts';
import { checkRow, rowSum } from '../../src/store/row-sum.ts';
import { StateTable } from '../../src/store/states.ts';
import { copySpace, makeSpace, partsOf, withSpace } from './made-space.ts';

const MEMBER = 'member/m-1';

/** Arrivals: 1 root, 2 console key, 3 a member, 4 suspended, 5 a device, 6 a fact. */
async function fill(space: Space): Promise<void> {
  await space.command('membership', 'member.add', { member: 'm-1', name: 'Bob' });
  await space.command('membership', 'member.suspend', { member: 'm-1', reason: 'left the door open' });
  await space.appendFact('mesh', 'device', { name: 'reader-1', role: 'reader', family: 'rdm6300' });
  await space.appendFact('mesh', 'recovered', { pulse: 'p1', output: 'strike-1', onNs: '1', offNs: '2', end: 'due' });
  await space.fold.settled();
}

const first = t;
let filled: Promise<string> | null = null;

/** A copy of one space that was filled and closed. */
async function made(t: Test): Promise<string> {
  filled ??= makeSpace(first).then(async ({ folder }) => {
    await withSpace(folder, fill);
    return folder;
  });
  return copySpace(t, await filled);
}

const path = (folder: string) => join(folder, 'ledger.db');

function tamper(folder: string, ...statements: readonly string[]): void {
  const database = new DatabaseConstructor(path(folder));
  for (const statement of statements) database.exec(statement);
  database.close();
}

/** The error with which the space refuses to open. */
async function refusal(folder: string): Promise<CodedError> {
  try {
    await withSpace(folder, async () => {});
  } catch (error) {
    return error as CodedError;
  }
  throw new Error('it opened');
}

function repair(folder: string, isLook = false): Promise<RepairResult> {
  return repairSpace({ ...partsOf(folder), isLook }, () => {});
}

/** All of state, and what became of every entry, of a file that is looked at as at a start. */
function contentOf(folder: string) {
  const { database } = openLedger(path(folder), true);
  try {
    const journal = new Journal(database);
    const state = new StateTable(database);
    return {
      state: ['mesh', 'membership', 'door'].map((dapp) => state.scan(dapp, '', null, 999).rows),
      past: [2, 4].map((position) => state.at(position).scan('membership', '', null, 999).rows),
      outcomes: journal.outcomes(0, 999),
      page: journal.page({ member: 'm-1', limit: 99 }),
      blocks: new BlockReader(database).after(0, 999).map(({ id, bodies }) => [id, bodies]),
    };
  } finally {
    database.close();
  }
}

/** Without times: those of an outcome that is gone nobody knows to the millisecond. */
function timeless(content: object): string {
  return JSON.stringify(content).replaceAll(/\b\d{13}\b/g, 'ms');
}

const blocksOf = (folder: string) => contentOf(folder).blocks.length;

const DERIVED: Readonly<Record<string, readonly string[]>> = {
  'a key of state gone': [`DELETE FROM state WHERE key = '${MEMBER}'`],
  'a denial gone': ["DELETE FROM state WHERE key LIKE 'denial/%'"],
  'all of state gone': ['DELETE FROM state'],
  'a value of state changed': [`UPDATE state SET value = x'a0' WHERE key = '${MEMBER}'`],
  'an outcome gone': ['DELETE FROM outcome WHERE position = 4'],
  'the last outcome gone': ['DELETE FROM outcome WHERE position = 6'],
  'the fold gone': ['DELETE FROM fold'],
  'the fold set back in time': ['UPDATE fold SET arrival = 3, position = 3'],
};

t.test(
  'what follows from the blocks is damaged: nothing is answered, nothing is lost, a repair folds it anew',
  async (t) => {
    const folder = await made(t);
    const sound = contentOf(folder);
    for (const [name, statements] of Object.entries(DERIVED)) {
      const copy = copySpace(t, folder);
      tamper(copy, ...statements);
      const error = await refusal(copy);
      t.match(
        error,
        { code: 'store_damaged', fields: { part: 'derived', blocks: 6 }, advice: /Nothing is lost.*repair/ },
        name,
      );
      const result = await repair(copy);
      t.match(result, { blocks: 6, lost: [], differing: 0 }, name);
      if (/outcome gone|fold gone/.test(name)) t.equal(timeless(contentOf(copy)), timeless(sound), name);
      else t.strictSame(contentOf(copy), sound, `${name}: all of it, at the same times`);
    }
    tamper(folder, 'DELETE FROM state');
    await repair(folder);
    await withSpace(folder, async (space) => t.strictSame((await verifySpace(space, () => {})).findings, []));
  },
);

t.test('blocks are damaged: it is told which, and the rest is saved with the state that was sound', async (t) => {
  const folder = await made(t);
  for (const [name, statement] of Object.entries({
    gone: 'DELETE FROM block WHERE arrival = 4',
    'other bytes': 'UPDATE block SET bytes = zeroblob(300) WHERE arrival = 4',
    'another body': "UPDATE block SET bodies = x'80' WHERE arrival = 4",
  })) {
    const copy = copySpace(t, folder);
    tamper(copy, statement);
    const error = await refusal(copy);
    t.match(error, { code: 'store_damaged', fields: { part: 'blocks', lost: 1, blocks: 5, arrivals: '4' } }, name);
    const before = readFileSync(path(copy));
    t.match(await repair(copy, true), { blocks: 5, lost: [{ arrival: 4 }], state: null, aside: null });
    t.equal(Buffer.compare(readFileSync(path(copy)), before), 0, `${name}: to look changes nothing`);

    const result = await repair(copy);
    t.match(result, { blocks: 5, lost: [{ arrival: 4 }], state: 'kept' }, name);
    t.equal(Buffer.compare(readFileSync(result.aside ?? ''), before), 0, `${name}: the old file is kept as it was`);
    await withSpace(copy, async (space) => {
      t.strictSame(space.state.scan('membership', 'denial/', null, 9).rows.length, 1, `${name}: the suspension holds`);
      const { findings } = await verifySpace(space, () => {});
      t.ok(
        findings.some((finding) => finding.code === 'block_lost' && finding.arrival === 4),
        'verify goes on telling it',
      );
      await space.appendFact('mesh', 'device', { name: 'reader-2', role: 'reader', family: 'rdm6300' });
      await space.fold.settled();
      t.equal(space.blocks.counts().blocks, 7, 'and it goes on');
    });
    t.equal(blocksOf(copy), 6, 'it opens again');
  }
});

t.test('the last block lost: its arrival is not given again', async (t) => {
  const folder = await made(t);
  tamper(folder, 'DELETE FROM block WHERE arrival = 6');
  t.match(await refusal(folder), { code: 'store_damaged', fields: { part: 'blocks', arrivals: '6' } });
  await repair(folder);
  await withSpace(folder, async (space) => {
    const { arrival } = await space.appendFact('mesh', 'device', { name: 'r', role: 'reader', family: 'rdm6300' });
    t.equal(arrival, 7);
    await space.fold.settled();
  });
  t.equal(blocksOf(folder), 6);
});

t.test('state and a block are damaged: folded anew from what is left', async (t) => {
  const folder = await made(t);
  tamper(folder, 'DELETE FROM block WHERE arrival = 5', `DELETE FROM state WHERE key = '${MEMBER}'`);
  t.match(await refusal(folder), { code: 'store_damaged', fields: { part: 'blocks', arrivals: '5' } });
  t.match(await repair(folder), { blocks: 5, lost: [{ arrival: 5 }], state: 'refolded', differing: 0 });
  await withSpace(folder, async (space) => {
    t.ok(space.state.read('membership', MEMBER));
    t.equal(space.state.read('mesh', 'device/reader-1'), null, 'what the lost block said is gone');
  });
  for (const name of readdirSync(folder).filter((name) => name.startsWith('ledger.db'))) {
    t.equal(statSync(join(folder, name)).mode & 0o077, 0, `${name} is its owner’s alone`);
  }
});

t.test('folded anew after an erase: what rests on erased entries is as the old file has it', async (t) => {
  const { folder } = await makeSpace(t);
  const views = [{ epoch: 'a', bits: 40, hash: 'ab'.repeat(32) }];
  const card = (member: string) => ({ member, badge: `b-${member}`, family: 'em4100', label: 'card', views });
  const named = ({ block }: { readonly block: string }) => ({ block: idText(block), index: 0 });
  await withSpace(folder, async (space) => {
    const add = await space.command('membership', 'member.add', { member: 'm-1', name: 'Bob' });
    await space.command('membership', 'member.add', { member: 'm-2', name: 'Eve' });
    const enrol = await space.command('membership', 'badge.enrol', card('m-1'));
    await space.command('membership', 'badge.lost', { member: 'm-1', badge: 'b-m-1' });
    await space.command('membership', 'member.forget', { member: 'm-1' });
    await space.command('mesh', 'erase', { entries: [named(add), named(enrol)] });
    await space.command('membership', 'member.suspend', { member: 'm-2', reason: 'took a card' });
  });
  tamper(folder, "UPDATE state SET value = zeroblob(3) WHERE key = 'member/m-2'");
  t.match(await repair(folder), { lost: [], state: 'refolded', differing: 0 });
  await withSpace(folder, async (space) => {
    await t.rejects(space.command('membership', 'badge.enrol', card('m-2')), { code: 'badge_lost' }, 'still blocked');
    await t.rejects(space.command('membership', 'member.add', { member: 'm-1', name: 'Cy' }), { code: 'member_gone' });
    t.equal(space.state.scan('membership', 'denial/m-2/', null, 9).rows.length, 1);
    t.match(await verifySpace(space, () => {}), { findings: [] });
  });
});

t.test('a denial that cannot be made anew is told, and by the exit code too', async (t) => {
  const { folder } = await makeSpace(t);
  const views = [{ epoch: 'a', bits: 40, hash: 'ab'.repeat(32) }];
  await withSpace(folder, async (space) => {
    await space.command('membership', 'member.add', { member: 'm-1', name: 'Bob' });
    const card = { member: 'm-1', badge: 'b-1', family: 'em4100', label: 'card', views };
    const { block } = await space.command('membership', 'badge.enrol', card);
    await space.command('membership', 'badge.lost', { member: 'm-1', badge: 'b-1' });
    await space.command('membership', 'member.forget', { member: 'm-1' });
    await space.command('mesh', 'erase', { entries: [{ block: idText(block), index: 0 }] });
  });
  tamper(folder, "UPDATE version SET value = zeroblob(3) WHERE key = 'held/m-1/b-1'");
  const out = t.capture(process.stdout, 'write');
  const code = await runCommandLine(['node', 'blockmesh', 'repair', '--folder', folder], readEnvironment(process.env));
  const text = out().map(({ args }) => args[0]);
  t.equal(code, 3);
  t.match(text.join(''), /membership badge\.lost: was accepted, is refused \(no_such_badge\)/);
  t.match(text.join(''), /Give it again/);
});

t.test('a root that is not as it was signed is not believed', async (t) => {
  const folder = await made(t);
  tamper(folder, 'UPDATE block SET bodies = (SELECT bodies FROM block WHERE arrival = 2) WHERE arrival = 1');
  const database = openDatabase({ path: join(folder, 'ledger.db'), mayCreate: false });
  t.teardown(() => database.close());
  t.throws(() => readRoot(database), { code: 'store_damaged', message: /block 1/, advice: /repair/ });
});

t.test('a value that has lost its type is not taken for what it was', (t) => {
  const row = ['state', 'door', 'key', 1, 0] as const;
  const sum = rowSum(row, new Uint8Array(3));
  t.doesNotThrow(() => checkRow(row, new Uint8Array(3), sum));
  for (const spoiled of ['x'.repeat(16), null, 7]) {
    t.throws(() => checkRow(row, new Uint8Array(3), spoiled as unknown as Uint8Array), { code: 'store_damaged' });
  }
  t.throws(() => checkRow(row, 'xyz' as unknown as Uint8Array, sum), { code: 'store_damaged' });
  t.end();
});

t.test('the root lost: no repair, and nothing is touched', async (t) => {
  const folder = await made(t);
  tamper(folder, 'UPDATE block SET bytes = zeroblob(99) WHERE arrival = 1');
  t.match(await refusal(folder), { code: 'store_damaged' });
  const before = readFileSync(path(folder));
  await t.rejects(repair(folder), { code: 'root_lost', advice: /backup/ });
  t.equal(Buffer.compare(readFileSync(path(folder)), before), 0);
  t.strictSame(
    readdirSync(folder).filter((name) => name.includes('damaged')),
    [],
  );
});

/** Copies the space as a power cut would leave it while it is open: with its write-ahead log. */
async function cut(t: Test, folder: string): Promise<string> {
  return await withSpace(folder, async (space) => {
    for (const name of ['a', 'b', 'c']) {
      await space.appendFact('mesh', 'device', { name, role: 'reader', family: 'rdm6300' });
    }
    return copySpace(t, folder);
  });
}

t.test('a write-ahead log that lost acknowledged blocks is told from one that a crash cut', async (t) => {
  const folder = await made(t);
  const whole = await cut(t, folder);
  t.equal(blocksOf(copySpace(t, whole)), 9, 'for comparison');
  const log = `${path(whole)}-wal`;
  const { length } = readFileSync(log);
  for (const [name, harm] of Object.entries({
    'cut to nothing': (file: string) => truncateSync(file, 0),
    'cut in the middle': (file: string) => truncateSync(file, Math.floor(length / 2)),
    'not there': (file: string) => rmSync(file),
    'one byte changed': (file: string) => {
      const bytes = readFileSync(file);
      bytes[200] = (bytes[200] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    },
  })) {
    const copy = copySpace(t, whole);
    harm(`${path(copy)}-wal`);
    const error = await refusal(copy);
    t.match(error, { name: 'CodedError', code: /^(store_damaged|space_unfinished)$/ }, `${name}: ${error.message}`);
    t.match(error, { code: 'store_damaged', fields: { part: 'blocks' } }, name);
  }
  const torn = copySpace(t, whole);
  // What a crash leaves: a commit that was begun after the last one that was acknowledged.
  writeFileSync(`${path(torn)}-wal`, Buffer.concat([readFileSync(log), Buffer.alloc(4096 + 24, 7)]));
  t.equal(blocksOf(torn), 9);
});

t.test('an older file in the place of the ledger is not taken for it', async (t) => {
  const folder = await made(t);
  const older = join(folder, 'older.db');
  copyFileSync(path(folder), older);
  await withSpace(folder, async (space) => {
    await space.appendFact('mesh', 'device', { name: 'a', role: 'reader', family: 'rdm6300' });
  });
  renameSync(older, path(folder));
  // A file system that was spoiled may make it longer.
  appendFileSync(join(folder, 'last-block'), 'x'.repeat(9_999));
  t.match(await refusal(folder), { code: 'store_damaged', fields: { part: 'blocks', lost: 1 } });
  t.match(await repair(folder), { blocks: 6, lost: [{ arrival: 7 }], state: 'kept' });
  t.equal(blocksOf(folder), 6, 'a repair accepts it');
});

t.test('a witness that is gone, spoiled or behind says nothing', async (t) => {
  const folder = await made(t);
  const witness = join(folder, 'last-block');
  t.ok(existsSync(witness));
  const [line] = [readFileSync(witness, 'latin1')];
  const spoiled = [line.replace(/^6/, '9'), line.slice(0, 40), '', 'x'.repeat(128)];
  for (const text of spoiled) {
    const copy = copySpace(t, folder);
    writeFileSync(join(copy, 'last-block'), text);
    t.equal(blocksOf(copy), 6);
  }
  const copy = copySpace(t, folder);
  rmSync(join(copy, 'last-block'));
  mkdirSync(join(copy, 'last-block'));
  t.equal(blocksOf(copy), 6, 'a folder in its place');
});

t.test('a repair that was cut is begun anew, or brought to its end', async (t) => {
  const folder = await made(t);
  const copy = copySpace(t, folder);
  writeFileSync(`${path(copy)}-repairing`, 'half of something');
  tamper(copy, 'DELETE FROM state');
  await repair(copy);
  t.notOk(existsSync(`${path(copy)}-repairing`));
  t.equal(blocksOf(copy), 6);

  const late = copySpace(t, folder);
  copyFileSync(path(late), `${path(late)}-repaired`);
  writeFileSync(path(late), 'the damaged one');
  writeFileSync(`${path(late)}-wal`, 'its log');
  t.equal(blocksOf(late), 6);
  t.notOk(existsSync(`${path(late)}-repaired`));
});

t.test('bits flipped anywhere: it refuses with a code, or answers rightly', async (t) => {
  const folder = await made(t);
  const right = JSON.stringify(contentOf(folder));
  const copy = copySpace(t, folder);
  const whole = readFileSync(path(folder));
  let [refused, answered] = [0, 0];
  // A sample, spread over the file.
  for (let at = 17; at < whole.length; at += Math.ceil(whole.length / 300)) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(path(copy), bytes);
    try {
      const content = JSON.stringify(contentOf(copy));
      answered += 1;
      if (content !== right) t.fail(`byte ${at}: another answer`);
    } catch (error) {
      refused += 1;
      const isCoded = error instanceof CodedError && /^(store_|space_unfinished)/.test(error.code);
      if (!isCoded) t.fail(`byte ${at}: ${String(error)}`);
    }
    rmSync(`${path(copy)}-wal`, { force: true });
  }
  t.ok(refused > 0 && answered > 0, `${refused} refused, ${answered} answered`);
});

t.test('no repair while a node runs', async (t) => {
  const folder = await made(t);
  const holder = new DatabaseConstructor(path(folder));
  holder.pragma('locking_mode = EXCLUSIVE');
  holder.exec('BEGIN EXCLUSIVE; COMMIT');
  await t.rejects(repair(folder), { code: 'store_locked' });
  holder.close();
});
