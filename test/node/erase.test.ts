import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { ERASE_ENTRIES_MAX } from '../../src/base/limits.ts';
import type { EntryRef } from '../../src/format/block.ts';
import { idText } from '../../src/format/ids.ts';
import { dropCopy } from '../../src/node/archive-ledger.ts';
import type { ArchiveSecret } from '../../src/node/archive-secret.ts';
import { writeBackup } from '../../src/node/backup.ts';
import { exportBlocks } from '../../src/node/export.ts';
import { importBlocks } from '../../src/node/import.ts';
import { keyFolder, readKey } from '../../src/node/key-files.ts';
import { OPERATIONS } from '../../src/node/operations/operations.ts';
import { restoreSpace } from '../../src/node/restore.ts';
import type { Space } from '../../src/node/space.ts';
import { systemRandomness } from '../../src/node/system.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { newFolder } from '../store/open-store.ts';
import { copySpace, makeSpace, withSpace } from './made-space.ts';

const PLAIN: ArchiveSecret = { mode: 'plain' };
const silent = () => {};

async function run(space: Space, name: string, params: JsonObject = {}): Promise<JsonObject> {
  const operation = OPERATIONS[name];
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return (await operation({ space, randomness: systemRandomness, progress: silent }, params)) as JsonObject;
}

/** A word that stands nowhere else, and grows long enough to need pages of its own. */
function secretOf(number: number): string {
  return `Pomegranate-${number}-${'seeds '.repeat(number % 5 === 0 ? 300 : 10)}end-${number}.`;
}

/** A member has room for 32 notes. */
function noteOf(number: number): { readonly member: string; readonly note: string } {
  return { member: `m-${1 + Math.floor(number / 30)}`, note: `n-${number}` };
}

async function addNote(space: Space, number: number): Promise<EntryRef> {
  const note = { ...noteOf(number), text: secretOf(number) };
  const { block, index } = await space.command('membership', 'note.add', note);
  return { block, index };
}

async function clearNote(space: Space, number: number): Promise<EntryRef> {
  return await space.command('membership', 'note.erase', noteOf(number));
}

function named(...refs: readonly EntryRef[]): JsonObject {
  return { entries: refs.map(({ block, index }) => ({ block: idText(block), index })) };
}

async function erase(space: Space, ...refs: readonly EntryRef[]): Promise<void> {
  await space.command('mesh', 'erase', named(...refs));
}

/** Which of the ledger's files hold these words. */
function filesWith(folder: string, words: string): string[] {
  const files = ['ledger.db', 'ledger.db-wal'].filter((name) => existsSync(join(folder, name)));
  return files.filter((name) => readFileSync(join(folder, name)).includes(words));
}

async function verified(t: Test, space: Space, why: string): Promise<void> {
  t.strictSame((await verifySpace(space, silent)).findings, [], `verify is clean: ${why}`);
}

/** Founded once: every test has a copy of its own. */
const { folder: founded } = await makeSpace(t);
await withSpace(founded, async (space) => {
  for (let member = 1; member <= 5; member += 1) {
    await space.command('membership', 'member.add', { member: `m-${member}`, name: `Ada ${member}` });
  }
});

async function logRow(space: Space, { block, index }: EntryRef): Promise<JsonObject | undefined> {
  const { rows } = (await run(space, 'log.read', {})) as { rows: JsonObject[] };
  return rows.find((row) => row.block === idText(block) && row.index === index);
}

t.test('what was erased is gone from everywhere, and everything else stands', async (t) => {
  const folder = copySpace(t, founded);
  const target = join(newFolder(t), 'plain.backup');
  const blocks = join(newFolder(t), 'all.blocks');
  const words = 'Pomegranate-1-';
  let secret: EntryRef = { block: '', index: 0 };
  await withSpace(folder, async (space) => {
    secret = await addNote(space, 1);
    await addNote(space, 2);
    t.not(filesWith(folder, words).length, 0, 'the search finds it while it is there');
    await t.rejects(erase(space, secret), { code: 'erase_held' }, 'state must let go of it first');
    await clearNote(space, 1);
    await verified(t, space, 'with an erase that was refused and would not be now');
    const before = Date.now();
    await erase(space, secret);
    t.strictSame(filesWith(folder, words), [], 'neither the file nor its log has it');
    await verified(t, space, 'after the erase');
    const row = await logRow(space, secret);
    t.match(row, {
      dapp: 'membership',
      kind: 'note.add',
      body: null,
      erased: { by: 'founder' },
      outcome: { status: 'ok' },
    });
    t.ok(Number((row?.erased as JsonObject | undefined)?.atMs) >= before, 'and when');
    await t.rejects(erase(space, secret), { code: 'erase_done' });
    t.match(space.state.read('membership', 'note/m-1/n-2'), { text: secretOf(2) }, 'the other note is as it was');

    await exportBlocks(space, { target: blocks, mayReplace: false, after: 0, progress: silent });
    const result = await importBlocks(space, blocks, silent);
    t.match(result, { taken: 0 }, 'what is here is passed over, without its body too');
    const { about, path: ledger } = (await run(space, 'backup.copy', { pid: process.pid })) as unknown as Copy;
    const shared = { folder, target, mayReplace: false, secret: PLAIN, ledger, about };
    await writeBackup({ ...shared, randomness: systemRandomness, progress: silent });
    dropCopy(folder, process.pid);
  });
  for (const path of [target, blocks]) {
    const bytes = readFileSync(path);
    t.notOk(bytes.includes(words), `${path} does not hold it`);
    t.ok(bytes.includes('Pomegranate-2-'), 'and holds the other');
  }
  t.strictSame(filesWith(folder, words), [], 'nor does the file when it is closed');
  await withSpace(folder, (space) => verified(t, space, 'after a restart'));
  const restored = join(newFolder(t), 'new');
  await restoreSpace(restored, { file: target, secretFor: async () => PLAIN, progress: silent });
  await withSpace(restored, async (space) => {
    await verified(t, space, 'restored from the backup');
    t.match(await logRow(space, secret), { body: null, erased: { by: 'founder' } });
    t.match(await importBlocks(space, blocks, silent), { taken: 0 });
  });
});

interface Copy {
  readonly about: Parameters<typeof writeBackup>[0]['about'];
  readonly path: string;
}

t.test('what can never be erased', async (t) => {
  const folder = copySpace(t, founded);
  await withSpace(folder, async (space) => {
    const root: EntryRef = { block: space.mesh, index: 0 };
    await t.rejects(erase(space, root), { code: 'erase_mesh' });
    await t.rejects(erase(space, { block: '00'.repeat(32), index: 0 }), { code: 'erase_unknown' });
    const denial = await space.command('membership', 'member.suspend', { member: 'm-1', reason: 'unpaid' });
    await t.rejects(erase(space, denial), { code: 'erase_denial' });
    const lift = await space.command(
      'membership',
      'member.resume',
      { member: 'm-1' },
      { block: denial.block, index: 0 },
    );
    await t.rejects(erase(space, lift), { code: 'erase_denial' }, 'nor what lifts it');
    await t.rejects(erase(space, { ...lift, index: 1 }), { code: 'erase_unknown' }, 'an entry the block does not have');
    const draft = { dapp: 'mesh', ver: '0.1.0', kind: 'erase', re: null, body: named(lift) };
    const { arrival } = await space.writer.append(readKey(keyFolder(folder).node), [draft]);
    await t.rejects(space.accepted({ arrival, index: 0 }), { code: 'not_allowed' }, 'a board alone may not');
    await verified(t, space, 'after all those');
  });
});

t.test('an erase sees the ledger as of the block before its own', async (t) => {
  const folder = copySpace(t, founded);
  await withSpace(folder, async (space) => {
    const key = readKey(keyFolder(folder).console);
    const draft = (dapp: string, kind: string, body: Json) => ({ dapp, ver: '0.2.0', kind, re: null, body });
    const clear = (number: number) => draft('membership', 'note.erase', noteOf(number));
    const [one, two] = [await addNote(space, 1), await addNote(space, 2)];
    const together = await space.writer.append(key, [clear(1), draft('mesh', 'erase', named(one))]);
    await space.accepted({ arrival: together.arrival, index: 0 });
    await t.rejects(space.accepted({ arrival: together.arrival, index: 1 }), { code: 'erase_held' }, 'one block');
    // Asked for at once, and so played in one run.
    const [, erased, later] = await Promise.all([
      space.writer.append(key, [clear(2)]),
      space.writer.append(key, [draft('mesh', 'erase', named(one, two)), draft('mesh', 'erase', named(two))]),
      space.writer.append(key, [draft('mesh', 'erase', named(one))]),
    ]);
    await space.accepted({ arrival: erased.arrival, index: 0 });
    await space.accepted({ arrival: erased.arrival, index: 1 });
    await t.rejects(space.accepted({ arrival: later.arrival, index: 0 }), { code: 'erase_done' });
    t.strictSame(filesWith(folder, 'Pomegranate'), []);
    await verified(t, space, 'after both');
  });
});

t.test('many at once leave no remnant in any page', async (t) => {
  const folder = copySpace(t, founded);
  await withSpace(folder, async (space) => {
    const refs: EntryRef[] = [];
    const numbers = Array.from({ length: 2 * ERASE_ENTRIES_MAX + 20 }, (_, number) => number);
    refs.push(...(await Promise.all(numbers.map((number) => addNote(space, number)))));
    const goes = (number: number) => number % 4 !== 3;
    await Promise.all(numbers.filter(goes).map((number) => clearNote(space, number)));
    const steps: number[] = [];
    const operation = OPERATIONS['erase.entries'];
    const context = {
      space,
      randomness: systemRandomness,
      progress: (_: string, done: number) => void steps.push(done),
    };
    const result = (await operation?.(context, named(...refs))) as { erased: Json[]; kept: JsonObject[] };
    t.equal(result.erased.length, numbers.filter(goes).length);
    t.equal(result.kept.length, numbers.length - result.erased.length);
    t.ok(result.kept.every(({ code, message }) => code === 'erase_held' && String(message).length > 0));
    t.ok(steps.length > 1, 'progress is told');
    for (const number of numbers) {
      const found = ['Pomegranate', 'end'].flatMap((word) =>
        filesWith(folder, `${word}-${number}${word === 'end' ? '.' : '-'}`),
      );
      if (goes(number)) t.strictSame(found, [], `note ${number} is gone`);
      else t.ok(found.length > 0, `note ${number} is there`);
    }
    t.match(await run(space, 'erase.entries', named(...refs)), { erased: [] }, 'again changes nothing');
    await verified(t, space, 'after many');
  });
});

t.test('a crash before the log is cleared, and a backup that keeps it from being cleared', async (t) => {
  const folder = copySpace(t, founded);
  let crashed = '';
  await withSpace(folder, async (space) => {
    const secret = await addNote(space, 1);
    await clearNote(space, 1);
    await space.checkpoints.withheld(async () => {
      await erase(space, secret);
      t.not(filesWith(folder, 'Pomegranate').length, 0, 'the log stays while a copy is made of it');
      crashed = copySpace(t, folder);
    });
    t.strictSame(filesWith(folder, 'Pomegranate'), [], 'and goes right after');
  });
  t.not(filesWith(crashed, 'Pomegranate').length, 0);
  await withSpace(crashed, async (space) => {
    t.strictSame(filesWith(crashed, 'Pomegranate'), [], 'the next start clears it');
    await verified(t, space, 'after the crash');
  });
});

t.test('what an erase would take away is shown before', async (t) => {
  const folder = copySpace(t, founded);
  await withSpace(folder, async (space) => {
    const secret = await addNote(space, 1);
    const unknown = { block: '00'.repeat(32), index: 0 };
    t.match(await run(space, 'erase.preview', named(secret, unknown)), {
      entries: [
        { dapp: 'membership', kind: 'note.add', body: { text: secretOf(1) }, refusal: { code: 'erase_held' } },
        { index: 0, refusal: { code: 'erase_unknown' } },
      ],
    });
    await clearNote(space, 1);
    t.match(await run(space, 'erase.preview', named(secret)), { entries: [{ refusal: null }] });
    for (const entries of ['x', [1], [{ block: 'x', index: 0 }], [{ block: idText(secret.block), index: -1 }]]) {
      await t.rejects(
        run(space, 'erase.entries', { entries }),
        { code: /bad_params|bad_block_id/ },
        JSON.stringify(entries),
      );
    }
  });
});
