import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import type { ArchiveSecret } from '../../src/node/archive-secret.ts';
import { restoreSpace, verifyBackup } from '../../src/node/restore.ts';
import { newFolder } from '../store/open-store.ts';
import { type Program, until } from './program.ts';
import { furnish, LogReader, TestSpace } from './space-harness.ts';

/** Backup and restore as people do it, with the real node, and with `kill -9` in the middle of both. */

const CARD = '0009362416';
/** As an RDM6300 sends that card. */
const CARD_FRAME = Buffer.from('\x0200008EDBF0A5\x03', 'latin1');
const PASSPHRASE = 'correct horse battery staple';
/** Kills at times spread over the run of a command, some before it begins and some after it is done. */
const KILLS = 6;

const space = await TestSpace.make(t, { doors: ['front'] });
const shelf = newFolder(t);
const secretFile = join(shelf, 'passphrase');
writeFileSync(secretFile, `${PASSPHRASE}\n`, { mode: 0o600 });
const sealedWith = ['--passphrase-file', secretFile];
const opens = {
  secretFor: async (): Promise<ArchiveSecret> => ({ mode: 'passphrase', passphrase: PASSPHRASE }),
  progress: () => {},
};

async function done(t: Test, ...words: readonly string[]): Promise<JsonObject> {
  const { code, stdout, stderr } = await space.cli(...words, '--json');
  t.equal(code, 0, `${words.join(' ')}: ${stderr}`);
  return JSON.parse(stdout) as JsonObject;
}

async function refused(t: Test, code: string, ...words: readonly string[]): Promise<void> {
  const result = await space.cli(...words, '--json');
  t.equal(result.code, 1, words.join(' '));
  t.match(JSON.parse(result.stderr), { error: { code } }, `${words.join(' ')}: ${code}`);
}

/** Lets the readers' lines, which are plugged into the old folder, reach the new one. */
function plugOver(from: string, to: string): void {
  for (const name of ['front', 'front.feed']) symlinkSync(readlinkSync(join(from, 'run', name)), join(to, 'run', name));
}

t.test('a badge enrolled before the backup opens the door on the restored node', async (t) => {
  let pins = await space.startPins();
  let node = await space.startNode();
  await furnish(space, [{ name: 'front', openMs: 200 }], [CARD]);
  const file = join(shelf, 'nord.backup');
  const made = await done(t, 'backup', file, ...sealedWith);
  t.match(made, { file, sealed: 'passphrase', space: 'Test space' });
  t.notOk(readFileSync(file).includes('Test space'), 'nothing of it can be read');
  t.match(await done(t, 'status'), { backup: { isDue: false, last: { file } } }, 'the running node knows of it');
  await refused(t, 'backup_exists', 'backup', file, ...sealedWith);
  t.match(await done(t, 'backup', '--verify', file, ...sealedWith), { file, mesh: made.mesh });
  await node.stop();
  await pins.stop();

  const old = `${space.folder}-old`;
  renameSync(space.folder, old);
  await done(t, 'restore', file, ...sealedWith);
  plugOver(old, space.folder);
  pins = await space.startPins();
  node = await space.startNode();
  const log = new LogReader(await space.control());
  const rows = [...(await log.catchUp())];
  t.match(rows.at(-1), { kind: 'restored', outcome: { status: 'ok' }, body: { asOfMs: made.asOfMs } });
  await space.send('front', CARD_FRAME);
  const granted = await log.row(({ kind }) => kind === 'granted' || kind === 'denied', rows.length);
  t.match(granted, { kind: 'granted', outcome: { status: 'ok' } });
  t.match(await done(t, 'status'), { backup: { restoredAsOfMs: made.asOfMs } });
  const told = await space.cli('status');
  t.match(told.stdout, /^flag {5}restored as of /m);
  await done(t, 'restore', '--alone');
  t.match(await done(t, 'status'), { backup: { restoredAsOfMs: null } });
  await refused(t, 'not_restored', 'restore', '--alone');
  t.equal((await space.cli('verify')).code, 0, 'verify is clean');
  await node.stop();
  await pins.stop();
  rmSync(old, { recursive: true });
});

t.test('without a node, without a terminal, and with what does not fit together', async (t) => {
  const plain = join(shelf, 'plain.backup');
  t.match(await done(t, 'backup', plain, '--plain'), { sealed: 'plain' });
  t.ok(readFileSync(plain).includes('Test space'), 'it was said that it be plain');
  const keyFile = join(shelf, 'key.json');
  const keyed = join(shelf, 'keyed.backup');
  t.match(await done(t, 'backup', keyed, '--key-file', keyFile), { sealed: 'key' });
  t.match(await done(t, 'backup', '--verify', keyed, '--key-file', keyFile), { file: keyed });
  await refused(t, 'backup_locked', 'backup', '--verify', keyed);
  await refused(t, 'passphrase_needed', 'backup', join(shelf, 'none'));
  await refused(t, 'backup_secrets', 'backup', join(shelf, 'none'), '--plain', '--key-file', keyFile);
  const short = join(shelf, 'short');
  writeFileSync(short, 'short\n');
  await refused(t, 'passphrase_short', 'backup', join(shelf, 'none'), '--passphrase-file', short);
  t.notOk(existsSync(join(shelf, 'none')));
  await refused(t, 'folder_not_empty', 'restore', plain);
  for (const words of [['restore'], ['restore', plain, '--alone'], ['backup'], ['import'], ['export']]) {
    t.equal((await space.cli(...words)).code, 2, `${words.join(' ')}: wrong usage`);
  }
  for (const words of [['backup'], ['restore'], ['export'], ['import'], ['init']]) {
    const { code, stdout } = await space.cli(...words, '--help');
    t.equal(code, 0);
    t.match(stdout, /Examples:\n {2}\$ blockmesh /, `${words}: examples`);
  }
  await refused(t, 'backup_foreign', 'restore', secretFile, '--folder', join(shelf, 'new'));
  t.match(await done(t, 'export', join(shelf, 'all.blocks'), '--since', '2020-01-01'), { blocks: /^\d+$/ });
  t.match(await done(t, 'import', join(shelf, 'all.blocks')), { taken: 0, waiting: 0 });
  t.match(await done(t, 'export', join(shelf, 'new.blocks'), '--since', '+1h'), { blocks: '0' });
  await refused(t, 'bad_time', 'export', join(shelf, 'x'), '--since', 'some day');
});

t.test('kill -9 in the middle of a backup: no file, or a whole one', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'cut.backup');
  const startMs = performance.now();
  await done(t, 'backup', join(folder, 'timed'), ...sealedWith);
  const runMs = performance.now() - startMs;
  const seen = { none: 0, partial: 0, whole: 0 };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const program = space.launch(['backup', file, ...sealedWith]);
    await killAfter(program, (runMs * (kill + 4)) / (KILLS + 4));
    if (existsSync(`${file}.partial`)) seen.partial += 1;
    if (existsSync(file)) {
      seen.whole += 1;
      await verifyBackup(folder, { ...opens, file });
      rmSync(file);
    } else seen.none += 1;
  }
  t.comment(JSON.stringify(seen));
  await done(t, 'backup', file, ...sealedWith);
  t.same(readdirSync(folder).sort(), ['cut.backup', 'timed'], 'and the next leaves nothing of those before');
  t.same(
    readdirSync(space.folder).filter((name) => name.startsWith('work-')),
    [],
  );
  t.equal((await space.cli('verify')).code, 0, 'the space is as it was');
});

t.test('kill -9 in the middle of a restore: no space, or a whole one', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'whole.backup');
  await done(t, 'backup', file, ...sealedWith);
  const target = join(folder, 'below/new');
  mkdirSync(dirname(target));
  const startMs = performance.now();
  await done(t, 'restore', file, ...sealedWith, '--folder', target);
  const runMs = performance.now() - startMs;
  const seen = { none: 0, whole: 0 };
  for (let kill = 0; kill < KILLS; kill += 1) {
    rmSync(target, { recursive: true, force: true });
    const program = space.launch(['restore', file, ...sealedWith, '--folder', target]);
    await killAfter(program, (runMs * (kill + 4)) / (KILLS + 4));
    if (!existsSync(target)) {
      seen.none += 1;
      continue;
    }
    seen.whole += 1;
    t.ok(existsSync(join(target, 'restored.json')), 'with its mark');
    t.equal((await space.cli('verify', '--folder', target)).code, 0);
  }
  t.comment(JSON.stringify(seen));
  rmSync(target, { recursive: true, force: true });
  await restoreSpace(target, { ...opens, file });
  t.same(readdirSync(dirname(target)), ['new'], 'and the next leaves nothing of those before');
});

/** What it has begun does not go with it; all of it is dead when this resolves. */
async function killAfter(program: Program, delayMs: number): Promise<void> {
  const timer = setTimeout(() => program.signal('SIGKILL'), delayMs);
  await program.exited;
  clearTimeout(timer);
  // The process that copies or checks a ledger goes on for a moment, in a folder that the next command clears away.
  await until(
    () => space.living().length === 0,
    () => `nothing is left of it: ${JSON.stringify(space.living())}`,
  );
}
