import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { BACKUP_REMINDER_DAYS_MAX } from '../../src/base/limits.ts';
import { dropCopy } from '../../src/node/archive-ledger.ts';
import { type ArchiveManifest, manifestJson } from '../../src/node/archive-manifest.ts';
import type { ArchiveSecret } from '../../src/node/archive-secret.ts';
import { ArchiveWriter, Draft } from '../../src/node/archive-writer.ts';
import { writeBackup } from '../../src/node/backup.ts';
import { OPERATIONS } from '../../src/node/operations/operations.ts';
import { restoreSpace, verifyBackup } from '../../src/node/restore.ts';
import { noteBackup } from '../../src/node/restored.ts';
import type { Space } from '../../src/node/space.ts';
import { systemRandomness } from '../../src/node/system.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { openDatabase } from '../../src/store/database.ts';
import { newFolder } from '../store/open-store.ts';
import { makeSpace, withSpace } from './made-space.ts';

const SECRET: ArchiveSecret = { mode: 'key', key: new Uint8Array(32).fill(3) };
const silent = { secretFor: async () => SECRET, progress: () => {} };

/** As the command line asks for it. */
async function run(space: Space, name: string, params: JsonObject = {}): Promise<JsonObject> {
  const operation = OPERATIONS[name];
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return (await operation({ space, randomness: systemRandomness, progress: () => {} }, params)) as JsonObject;
}

interface Copy {
  readonly about: Omit<ArchiveManifest, 'files'>;
  readonly path: string;
}

async function backUp(space: Space, target: string, mayReplace = false): Promise<Copy> {
  const { pid } = process;
  const copy = (await run(space, 'backup.copy', { pid })) as unknown as Copy;
  const { about, path: ledger } = copy;
  const { folder } = space;
  const randomness = systemRandomness;
  try {
    await writeBackup({ folder, target, mayReplace, secret: SECRET, ledger, about, randomness, progress: () => {} });
    noteBackup(folder, { asOfMs: about.asOfMs, file: target });
  } finally {
    dropCopy(folder, pid);
  }
  return copy;
}

function recovered(pulse: string): JsonObject {
  return { pulse, output: 'strike-1', onNs: '1', offNs: '2', end: 'due' };
}

const { folder: spaceFolder, mesh } = await makeSpace(t);
const shelf = newFolder(t);
const whole = join(shelf, 'whole.backup');
await withSpace(spaceFolder, async (space) => {
  await space.command('membership', 'member.add', { member: 'm-1', name: 'Ada' });
  await backUp(space, whole);
});

t.test('a space comes back whole: ledger, keys, configuration', async (t) => {
  const folder = join(newFolder(t), 'a/b/new');
  const manifest = await restoreSpace(folder, { ...silent, file: whole });
  t.match(manifest, { space: 'Makerspace Nord', clock: 'synced' });
  const shape = (at: string) =>
    ['', 'keys', 'run'].map((name) => [name, (statSync(join(at, name)).mode & 0o777).toString(8)]);
  t.same(shape(folder), shape(spaceFolder), 'folders are as private as before');
  for (const name of ['keys/node.json', 'keys/console.json', 'keys/badges.json', 'blockmesh.toml']) {
    t.equal(readFileSync(join(folder, name), 'utf8'), readFileSync(join(spaceFolder, name), 'utf8'), name);
    t.equal(statSync(join(folder, name)).mode & 0o777, statSync(join(spaceFolder, name)).mode & 0o777, name);
  }
  t.equal(statSync(join(folder, 'ledger.db')).mode & 0o777, 0o600);
  await withSpace(folder, async (space) => {
    t.equal(space.mesh, mesh);
    t.match(space.state.read('membership', 'member/m-1'), { name: 'Ada' });
    t.strictSame((await verifySpace(space, () => {})).findings, []);
  });
});

t.test('the flag of a restore: raised once, kept until an admin takes it back', async (t) => {
  const folder = join(newFolder(t), 'new');
  const { asOfMs } = await restoreSpace(folder, { ...silent, file: whole });
  const again = join(shelf, 'again.backup');
  await withSpace(folder, async (space) => {
    await space.fold.settled();
    t.same(space.state.read('mesh', `restored/${space.nodeKey}`), { asOfMs });
    t.notOk(existsSync(join(folder, 'restored.json')), 'the mark is gone with the fact on disk');
    t.match(await run(space, 'backup.state'), { restoredAsOfMs: asOfMs, last: { asOfMs, file: whole } });
    await backUp(space, again);
  });
  // A crash after the fact and before the mark is gone.
  writeFileSync(join(folder, 'restored.json'), JSON.stringify({ asOfMs: asOfMs + 5 }));
  await withSpace(folder, async (space) => {
    await space.fold.settled();
    t.same(space.state.read('mesh', `restored/${space.nodeKey}`), { asOfMs }, 'the older one counts');
    t.match(await run(space, 'restored.clear'), { node: space.nodeKey });
    t.equal(space.state.read('mesh', `restored/${space.nodeKey}`), null);
    const { blocks } = space.blocks.counts();
    await t.rejects(run(space, 'restored.clear'), { code: 'not_restored' });
    t.equal(space.blocks.counts().blocks, blocks, 'and nothing was written');
    t.strictSame((await verifySpace(space, () => {})).findings, []);
  });
  const twice = join(newFolder(t), 'twice');
  await restoreSpace(twice, { ...silent, file: again });
  await withSpace(twice, async (space) => {
    await space.fold.settled();
    t.same(space.state.read('mesh', `restored/${space.nodeKey}`), { asOfMs }, 'a restore of a restore knows no more');
  });
  writeFileSync(join(twice, 'restored.json'), '{"asOfMs":"now"}');
  await t.rejects(
    withSpace(twice, async () => {}),
    { code: 'restored_mark' },
    'a mark that says nothing is not lost',
  );
  t.ok(existsSync(join(twice, 'restored.json')));
});

t.test('while others append: the copy is of one moment, and nothing waits for it', async (t) => {
  const folder = join(newFolder(t), 'copy');
  const target = join(shelf, 'busy.backup');
  await withSpace(spaceFolder, async (space) => {
    let isDone = false;
    let appended = 0;
    const appending = (async () => {
      while (!isDone) {
        await space.appendFact('mesh', 'recovered', recovered(`b${appended}`));
        appended += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const before = space.blocks.counts().blocks;
    const { about } = await backUp(space, target);
    isDone = true;
    await appending;
    t.ok(appended > 0, `${appended} facts came in meanwhile`);
    t.ok(about.blocks >= before);
    await restoreSpace(folder, { ...silent, file: target });
    await withSpace(folder, async (restored) => {
      const { blocks } = restored.blocks.counts();
      t.ok(blocks > about.blocks, 'what was there when it began is in it');
      t.strictSame((await verifySpace(restored, () => {})).findings, []);
    });
  });
});

t.test('one copy at a time; a node that stops ends it', async (t) => {
  await withSpace(spaceFolder, async (space) => {
    const first = run(space, 'backup.copy', { pid: process.pid });
    await t.rejects(run(space, 'backup.copy', { pid: process.pid }), { code: 'backup_running' });
    await first;
    t.ok(existsSync(join(spaceFolder, `work-${process.pid}`)), 'it stays for its reader');
    dropCopy(space.folder, process.pid);
    t.notOk(existsSync(join(spaceFolder, `work-${process.pid}`)));
    const late = t.rejects(run(space, 'backup.copy', { pid: process.pid }), { code: 'backup_stopped' });
    // As soon as it has begun.
    while (!existsSync(join(spaceFolder, `work-${process.pid}`))) await new Promise((resolve) => setImmediate(resolve));
    await space.checkpoints.stop();
    await late;
    t.notOk(existsSync(join(spaceFolder, `work-${process.pid}`)));
  });
});

t.test('what a dead process left is removed, what a living one works on stays', async (t) => {
  const dead = join(spaceFolder, `work-${2 ** 22 + 1}`);
  const alive = join(spaceFolder, 'work-1');
  const other = join(spaceFolder, 'work-shop');
  for (const path of [dead, alive, other]) mkdirSync(path);
  await withSpace(spaceFolder, async () => {});
  t.same([dead, alive, other].map(existsSync), [false, true, true]);
  for (const path of [alive, other]) renameSync(path, join(newFolder(t), 'moved'));
});

t.test('what was removed leaves no remnant in the copy', async (t) => {
  const { folder } = await makeSpace(t);
  const words = 'Persephone of the Underworld';
  const database = openDatabase({ path: join(folder, 'ledger.db'), mayCreate: false });
  // What an earlier release left in the pages it freed.
  database.pragma('secure_delete = OFF');
  database.exec('CREATE TABLE remnant (text TEXT)');
  const insert = database.prepare('INSERT INTO remnant VALUES (?)');
  for (let row = 0; row < 500; row += 1) insert.run(`${words} ${row}`);
  database.exec('DELETE FROM remnant WHERE rowid > 3; DROP TABLE remnant');
  database.close();
  t.ok(readFileSync(join(folder, 'ledger.db')).includes(words), 'the search finds it where it is');
  await withSpace(folder, async (space) => {
    const { path } = (await run(space, 'backup.copy', { pid: process.pid })) as unknown as Copy;
    t.notOk(readFileSync(path).includes('Persephone'));
    t.same(readdirSync(join(path, '..')), ['copy.db'], 'and the raw copy is gone');
    dropCopy(space.folder, process.pid);
  });
});

t.test('a file that is there is kept', async (t) => {
  const target = join(newFolder(t), 'kept');
  writeFileSync(target, 'of value');
  await withSpace(spaceFolder, async (space) => {
    await t.rejects(backUp(space, target), { code: 'backup_exists', fields: { path: target } });
    t.equal(readFileSync(target, 'utf8'), 'of value');
    for (const [kept, why] of [
      [target, 'somebody’s file'],
      [join(space.folder, 'ledger.db'), 'the ledger itself'],
      [join(space.folder, 'keys/node.json'), 'a key'],
      [newFolder(t), 'a folder'],
      ['/dev/null', 'a device'],
    ] as const) {
      const refused = { code: 'replace_foreign', fields: { path: kept }, advice: /another file/ };
      await t.rejects(backUp(space, kept, true), refused, `${why} is no earlier backup`);
    }
    t.equal(readFileSync(target, 'utf8'), 'of value');
    writeFileSync(target, '');
    await backUp(space, target, true);
    await backUp(space, target, true);
    await verifyBackup(newFolder(t), { ...silent, file: target });
    await t.rejects(backUp(space, join(target, 'below')), { code: 'file_unwritable' });
  });
});

t.test('a reminder when no backup is recent', async (t) => {
  const { folder } = await makeSpace(t);
  const file = '/media/stick/nord.backup';
  const week = BACKUP_REMINDER_DAYS_MAX * 24 * 60 * 60 * 1000;
  await withSpace(folder, async (space) => {
    t.match(await run(space, 'backup.state'), { last: null, isDue: true, restoredAsOfMs: null }, 'there was none');
    const nowMs = space.clock.now().wallMs;
    noteBackup(folder, { asOfMs: nowMs - week + 60_000, file });
    t.match(await run(space, 'backup.state'), { isDue: false, last: { file } });
    noteBackup(folder, { asOfMs: nowMs - week, file });
    t.match(await run(space, 'backup.state'), { isDue: true });
    writeFileSync(join(folder, 'last-backup.json'), 'garbage');
    t.match(await run(space, 'backup.state'), { last: null, isDue: true }, 'a note nobody can read reminds');
  });
});

/** A backup with content of our choice, for what no release of ours writes. */
async function forged(path: string, manifest: JsonObject | string, files: readonly Uint8Array[]): Promise<void> {
  const text = Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const draft = await Draft.begin(path);
  const writer = await ArchiveWriter.begin(draft, SECRET, systemRandomness);
  for (const part of [length, text, ...files]) await writer.write(part);
  await writer.end();
  await draft.commit();
}

/** What a whole backup is made of, to be forged from. */
async function piecesOf(t: Test): Promise<{ manifest: ArchiveManifest; files: Map<string, Buffer> }> {
  const folder = join(newFolder(t), 'pieces');
  const manifest = await restoreSpace(folder, { ...silent, file: whole });
  return { manifest, files: new Map(manifest.files.map(({ path }) => [path, readFileSync(join(folder, path))])) };
}

t.test('a hostile or unfit backup makes no space, and leaves nothing', async (t) => {
  const { manifest, files } = await piecesOf(t);
  const json = manifestJson(manifest);
  const bytes = manifest.files.map(({ path }) => files.get(path) ?? Buffer.alloc(0));
  const { files: otherFiles } = await piecesOfOther(t);
  const listed = (list: readonly JsonObject[]) => ({ ...json, files: list });
  const withFile = (path: string, content: Buffer): readonly [JsonObject, readonly Buffer[]] => {
    const list = manifest.files.map((file) => ({
      ...file,
      bytes: (file.path === path ? content : files.get(file.path))?.length ?? 0,
    }));
    return [
      listed(list),
      list.map((file) => (file.path === path ? content : (files.get(file.path) ?? Buffer.alloc(0)))),
    ];
  };
  const other = (path: string) => withFile(path, otherFiles.get(path) ?? Buffer.alloc(0));
  const named = (path: string) => listed([...manifest.files.map((file) => ({ ...file })), { path, bytes: 0 }]);
  const ledger = files.get('ledger.db') ?? Buffer.alloc(0);
  const flipped = Buffer.from(ledger);
  flipped.fill(0xff, 4096 * 3, 4096 * 3 + 200);
  const cases: Readonly<Record<string, readonly [string, JsonObject | string, readonly Buffer[]]>> = {
    'no table of contents': ['backup_content', 'words', bytes],
    'one that is a list': ['backup_content', '[]', bytes],
    'one too long': ['backup_content', ' '.repeat(70_000), bytes],
    'a field more': ['backup_content', { ...json, also: 1 }, bytes],
    'a path upwards': ['backup_content', named('../evil'), bytes],
    'a path from the root': ['backup_content', named('/etc/passwd'), bytes],
    'a path below the keys': ['backup_content', named('keys/a/b.json'), bytes],
    'its own flag': ['backup_content', named('restored.json'), bytes],
    'a file twice': ['backup_content', named('blockmesh.toml'), bytes],
    'no ledger': ['backup_content', listed([{ path: 'blockmesh.toml', bytes: 0 }]), []],
    'more files than told': ['backup_content', json, [...bytes, Buffer.from('more')]],
    'fewer than told': ['backup_content', json, bytes.slice(0, -1)],
    'a ledger larger than any disk': [
      'backup_space',
      listed(manifest.files.map((file) => ({ ...file, bytes: file.path === 'ledger.db' ? 2 ** 52 : file.bytes }))),
      bytes,
    ],
    'a ledger that is none': ['store_damaged', ...withFile('ledger.db', Buffer.alloc(8192, 'x'))],
    'a damaged ledger': ['store_damaged', ...withFile('ledger.db', flipped)],
    'half a ledger': ['store_damaged', ...withFile('ledger.db', ledger.subarray(0, ledger.length / 2))],
    'the ledger of another space': ['backup_unfit', ...other('ledger.db')],
    'the board’s key of another space': ['backup_unfit', ...other('keys/node.json')],
    'the console’s key of another space': ['backup_unfit', ...other('keys/console.json')],
    'a key file that is none': ['key_damaged', ...withFile('keys/node.json', Buffer.from('{}'))],
    'a ring of badge keys that is none': ['key_damaged', ...withFile('keys/badges.json', Buffer.from('{}'))],
    'a configuration that is none': ['config_unknown_key', ...withFile('blockmesh.toml', Buffer.from('a = 1\n'))],
    'another mesh than it says': ['backup_unfit', { ...json, mesh: 'bafyother' }, bytes],
    'more blocks than there are': ['backup_unfit', { ...json, blocks: 1_000_000 }, bytes],
  };
  const file = join(newFolder(t), 'forged');
  for (const [name, [code, contents, parts]] of Object.entries(cases)) {
    await forged(file, contents, parts);
    const above = newFolder(t);
    const error: unknown = await restoreSpace(join(above, 'new'), { ...silent, file }).catch((cause: unknown) => cause);
    t.match(error, { name: 'CodedError', code }, name);
    t.same(readdirSync(above), [], `${name}: nothing is left`);
  }
  await forged(file, json, bytes);
  await restoreSpace(join(newFolder(t), 'new'), { ...silent, file });
});

async function piecesOfOther(t: Test) {
  const { folder } = await makeSpace(t);
  const target = join(newFolder(t), 'other.backup');
  await withSpace(folder, (space) => backUp(space, target));
  const made = join(newFolder(t), 'made');
  const manifest = await restoreSpace(made, { ...silent, file: target });
  return { files: new Map(manifest.files.map(({ path }) => [path, readFileSync(join(made, path))])) };
}

t.test('a folder with anything in it is refused and left alone', async (t) => {
  const above = newFolder(t);
  const folder = join(above, 'space');
  mkdirSync(folder);
  await restoreSpace(folder, { ...silent, file: whole });
  const before = readdirSync(folder, { recursive: true }).sort();
  await t.rejects(restoreSpace(folder, { ...silent, file: whole }), { code: 'folder_not_empty', fields: { folder } });
  t.same(readdirSync(folder, { recursive: true }).sort(), before);
  const file = join(above, 'file');
  writeFileSync(file, 'of value');
  await t.rejects(restoreSpace(file, { ...silent, file: whole }), { code: 'folder_unusable' });
  await t.rejects(restoreSpace(join(file, 'below'), { ...silent, file: whole }), { code: 'folder_unusable' });
  t.equal(readFileSync(file, 'utf8'), 'of value');
  t.same(readdirSync(above).sort(), ['file', 'space']);
});

t.test('what a dead restore left beside the folder goes with the next', async (t) => {
  const above = newFolder(t);
  mkdirSync(join(above, `.new.unpacking-${2 ** 22 + 1}`));
  mkdirSync(join(above, '.new.unpacking-1'));
  await restoreSpace(join(above, 'new'), { ...silent, file: whole });
  t.same(readdirSync(above).sort(), ['.new.unpacking-1', 'new'], 'that of a living process stays');
});
