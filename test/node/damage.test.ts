import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { ledgerPath } from '../../src/node/space-folder.ts';
import { newFolder } from '../store/open-store.ts';
import { BAD_ENDS } from './damage-flip.ts';
import { runFlips, summaryOf } from './damage-run.ts';
import { copySpace, makeSpace, withSpace } from './made-space.ts';

/** Disks that are full, read-only, cut off or spoiled: an error that helps, and never a wrong answer. */

const DISK_MAIN = join(import.meta.dirname, 'damage-disk-main.ts');
const isRoot = process.getuid?.() === 0;

const TMPFS = 'mount -t tmpfs -o size=24m none "$DISK"';
const LOOP = 'truncate -s 24M "$DISK.img" && mkfs.ext4 -q -F -m 0 "$DISK.img" && mount -o loop "$DISK.img" "$DISK"';

/** How a disk of some 24 MB is mounted at $DISK, in a mount namespace that goes with its shell. */
const DISKS: readonly (readonly [name: string, mount: string])[] = [
  ['tmpfs', TMPFS],
  // In a user namespace of ours we may mount the one, but only root may mount the other.
  ...(isRoot ? [['ext4 on a loop device', LOOP] as const] : []),
];

/** Runs a shell script as root of a mount namespace of its own; the mounts in it go with it. */
function inNamespace(t: Test, script: string, environment: NodeJS.ProcessEnv): readonly JsonObject[] {
  const words = isRoot ? ['--mount'] : ['--map-root-user', '--mount'];
  const { status, stdout, stderr } = spawnSync('unshare', [...words, 'sh', '-euc', script], {
    encoding: 'utf8',
    env: { ...process.env, NODE: process.execPath, MAIN: DISK_MAIN, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  t.equal(status, 0, `the script ran to its end (it needs root, or user namespaces): ${stderr.slice(-2000)}`);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JsonObject);
}

/** A space with a member and a door, closed. */
async function madeSpace(t: Test): Promise<string> {
  const { folder } = await makeSpace(t);
  await withSpace(folder, async (space) => {
    await space.command('membership', 'member.add', { member: 'm-1', name: 'Bob' });
    await space.appendFact('mesh', 'device', { name: 'front-reader', role: 'reader', family: 'rdm6300' });
    await space.appendFact('mesh', 'device', { name: 'front-strike', role: 'output', family: 'pins' });
    const devices = { reader: 'front-reader', output: 'front-strike' };
    await space.command('door', 'door.add', { door: 'front', ...devices, openMs: 3_000, bits: 32 });
  });
  return folder;
}

const made = madeSpace(t);

if (!isRoot) t.comment('the full disk on a loop device needs root: run this as root for it');
for (const [name, mount] of DISKS) {
  t.test(`a full disk, ${name}: nothing acknowledged is lost`, async (t) => {
    const disk = join(newFolder(t), 'disk');
    mkdirSync(disk);
    const script = [
      mount,
      'cp -a "$SPACE" "$DISK/space"',
      '"$NODE" "$MAIN" fill "$DISK/space"',
      // Opened while there is still no room.
      '"$NODE" "$MAIN" open "$DISK/space"',
      '"$NODE" "$MAIN" free "$DISK/space"',
    ].join('\n');
    const lines = inNamespace(t, script, { DISK: disk, SPACE: await made });
    const acknowledged = lines.flatMap((line) => (line.acknowledged === undefined ? [] : [String(line.acknowledged)]));
    const held = new Set(lines.map((line) => line.held));
    const told = (what: string) => lines.find((line) => line.failed === what || line.done === what);
    t.ok(acknowledged.length > 50, `${acknowledged.length} facts fitted`);
    t.match(told('append'), { code: 'store_full', advice: /[Ff]ree/ });
    t.match(told('command'), { code: /^(store_full|disk_low)$/, advice: /[Ff]ree/ });
    t.match(
      told('denial'),
      { failed: 'denial', code: 'store_full', advice: /[Ff]ree/ },
      'who denies is told that it failed',
    );
    t.match(told('read'), { done: 'read', result: /Bob/ }, 'what is known is known');
    t.match(told('query'), { done: 'query', result: /Bob/ });
    t.match(told('count'), { done: 'count' }, 'it opens without room');
    t.same(
      acknowledged.filter((block) => !held.has(block)),
      [],
      'everything acknowledged is there',
    );
    t.match(told('verify'), { result: '[]' }, 'verify is clean');
  });
}

t.test('a disk mounted read-only', async (t) => {
  const disk = join(newFolder(t), 'disk');
  mkdirSync(disk);
  const script = [
    TMPFS,
    'cp -a "$SPACE" "$DISK/space"',
    'mount -o remount,ro "$DISK"',
    '"$NODE" "$MAIN" open "$DISK/space"',
  ].join('\n');
  const lines = inNamespace(t, script, { DISK: disk, SPACE: await made });
  t.match(lines, [{ failed: 'open', code: 'store_unwritable', advice: /read-only/ }]);
});

/** Whoever owns these sources, and so may read them wherever they lie. */
const OWNER = statSync(DISK_MAIN);

/** What the disk program says when it opens `folder`, as the owner of the sources whom no mode is waived for. */
function openedByOwner(folder: string): readonly JsonObject[] {
  const who = [`--reuid=${OWNER.uid}`, `--regid=${OWNER.gid}`, '--clear-groups'];
  const strict = isRoot ? ['setpriv', ...who, '--inh-caps=-all', '--bounding-set=-all'] : [];
  const [file = '', ...words] = [...strict, process.execPath, DISK_MAIN, 'open', folder];
  const { stdout, stderr } = spawnSync(file, words, { encoding: 'utf8' });
  if (stdout === '') throw new Error(`it said nothing: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject);
}

t.test('a folder that may only be read', async (t) => {
  const root = newFolder(t);
  chmodSync(root, 0o755);
  const folder = join(root, 'space');
  cpSync(await made, folder, { recursive: true });
  const everything = [folder, ...readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)))];
  if (isRoot) for (const path of everything) chownSync(path, OWNER.uid, OWNER.gid);
  t.match(openedByOwner(folder).at(-1), { done: 'open' }, 'for comparison');
  const before = readFileSync(ledgerPath(folder));
  chmodSync(folder, 0o555);
  t.match(
    openedByOwner(folder),
    [{ failed: 'open', code: 'store_unwritable', advice: /owner and mode/ }],
    'the folder',
  );
  chmodSync(ledgerPath(folder), 0o444);
  t.match(
    openedByOwner(folder),
    [{ failed: 'open', code: 'store_unwritable', advice: /owner and mode/ }],
    'and the file',
  );
  t.ok(before.equals(readFileSync(ledgerPath(folder))), 'nothing was written');
  chmodSync(folder, 0o755);
});

t.test('a ledger of a newer release is left as it is', async (t) => {
  const folder = copySpace(t, await made);
  const database = new DatabaseConstructor(ledgerPath(folder));
  database.pragma('user_version = 9999');
  database.close();
  const before = readFileSync(ledgerPath(folder));
  const files = () => readdirSync(folder).filter((name) => name.startsWith('ledger.db'));
  const filesBefore = files();
  await t.rejects(
    withSpace(folder, async () => {}),
    { code: 'store_newer', advice: /Update/ },
  );
  t.ok(before.equals(readFileSync(ledgerPath(folder))), 'byte for byte');
  t.same(files(), filesBefore, 'and nothing is left beside it');
});

t.test('a second node on one folder is told so', async (t) => {
  const folder = copySpace(t, await made);
  await withSpace(folder, async (space) => {
    const { stdout } = spawnSync(process.execPath, [DISK_MAIN, 'open', folder], { encoding: 'utf8' });
    t.match(JSON.parse(stdout), { failed: 'open', code: 'store_locked', advice: /running/ });
    await space.appendFact('mesh', 'device', { name: 'back-reader', role: 'reader', family: 'rdm6300' });
    await space.fold.settled();
    t.ok(space.state.read('mesh', 'device/back-reader'), 'the first goes on');
  });
});

t.test('flipped bits: found, told, or of no meaning', async (t) => {
  const base = existsSync('/dev/shm') ? '/dev/shm' : newFolder(t);
  const folder = mkdtempSync(join(base, 'bm-flips-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const seed = Number(process.env.SEED ?? Math.trunc(Math.random() * 2 ** 31));
  t.comment(`SEED=${seed}`);
  const records = await runFlips({
    flips: 60,
    seed,
    facts: 200,
    folder: join(folder, 'space'),
    recordPath: join(folder, 'damage.jsonl'),
    say: () => {},
  });
  t.comment(summaryOf(records));
  t.equal(records.length, 60);
  t.same(
    records.filter(({ end }) => BAD_ENDS.includes(end)),
    [],
    'no wrong answer, and nothing unnoticed',
  );
  t.ok(
    records.some(({ end }) => end !== 'unused'),
    'bits that mean something were among them',
  );
});
