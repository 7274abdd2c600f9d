import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { RELEASE } from '../machine/release.ts';
import { plugIn } from '../node/plug-in.ts';
import { Program } from '../node/program.ts';
import { VIRTUAL_PINS } from '../node/space-harness.ts';
import { newFolder } from '../store/open-store.ts';

/** A whole node on a data partition that has no byte left: made and mounted as on a board, and run as its user. */

const MAIN = join(RELEASE, 'src/cli/main.ts');
const MIB = 1024 * 1024;
const NODE_UID = 980;
const CARD = '0009362416';
const CARD_FILE = `[space]
admin = "Ada"
badge = "${CARD}"
[door.front-door]
reader = "front-reader"
output = "front-strike"
open_ms = 200
[broker]
enabled = false
[reader.front-reader]
driver = "rdm6300"
port = "run/front"
feed = "run/front.feed"
[output.front-strike]
chip = "virtual"
line = "front"
`;

interface Board {
  readonly root: string;
  readonly data: string;
  start(file: string, words: readonly string[]): Program;
  cli(...words: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }>;
}

function board(t: Test): Board {
  if (process.getuid?.() !== 0) throw new Error('a partition is mounted by root: run the tests of the image as root');
  const root = newFolder(t);
  const data = join(root, 'data');
  const image = join(root, 'data.img');
  chmodSync(root, 0o755);
  for (const name of ['data', 'card', 'cache']) mkdirSync(join(root, name));
  chmodSync(join(root, 'cache'), 0o777);
  writeFileSync(image, '');
  truncateSync(image, 128 * MIB);
  const env = { ...process.env, MKE2FS_CONFIG: join(RELEASE, 'image/rootfs/usr/lib/blockmesh/mke2fs-data.conf') };
  execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-T', 'blockmesh-data', '-L', 'bm-data', image], { env });
  const [, options = ''] = /^Options=(.*)$/m.exec(readFileSync(join(RELEASE, 'systemd/data.mount'), 'utf8')) ?? [];
  execFileSync('mount', ['-o', `loop,${options}`, image, data]);
  const started: Program[] = [];
  t.teardown(async () => {
    for (const program of started.reverse()) await program.kill();
    spawnSync('umount', [data]);
  });
  const asNode = ['--reuid', `${NODE_UID}`, '--regid', `${NODE_UID}`, '--clear-groups', '--pdeathsig', 'KILL'];
  const start = (file: string, words: readonly string[]) => {
    const variables = { ...process.env, NODE_COMPILE_CACHE: join(root, 'cache') };
    const program = new Program(spawn('setpriv', [...asNode, file, ...words], { env: variables }));
    started.push(program);
    return program;
  };
  return {
    root,
    data,
    start,
    async cli(...words) {
      const program = start(process.execPath, [...ENGINE_FLAGS, MAIN, ...words, '--folder', join(data, 'space')]);
      const { code } = await program.exited;
      return { code, text: `${program.lines.join('\n')}${program.stderr}` };
    },
  };
}

/** Takes every byte that anybody but the node may have. */
function fill({ data }: Board): void {
  if (!readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${data} `)) throw new Error(`${data} is not mounted`);
  const { bavail, bsize } = statfsSync(data);
  const words = ['if=/dev/zero', `of=${join(data, 'full')}`, 'bs=4096', `count=${bavail}`, 'conv=fsync', 'status=none'];
  spawnSync('dd', words);
  if (statfsSync(data).bavail * bsize > MIB) throw new Error('the partition is not full');
}

t.test('a full card', async (t) => {
  const one = board(t);
  const { root, data, start, cli } = one;
  writeFileSync(join(root, 'card/blockmesh.toml'), CARD_FILE);
  const folders = ['--card', join(root, 'card'), '--board', join(data, 'board'), '--folder', join(data, 'space')];
  const owner = ['--owner', `${NODE_UID}:${NODE_UID}`];
  execFileSync(process.execPath, [MAIN, 'board', 'import', ...folders, ...owner]);
  t.match(await cli('pins', 'options', '--file'), { code: 0 });
  fill(one);
  const run = (name: string) => join(data, 'space/run', name);
  const ends = ['front', 'front.feed'].map((name) => `PTY,raw,echo=0,link=${run(name)}`);
  await plugIn(start('socat', ['-d', '-d', ...ends]));
  const options = ['--socket', run('pins.sock'), '--options', run('pins.options')];
  const pins = start(process.execPath, [VIRTUAL_PINS, ...options, '--drive', run('drive')]);
  await pins.line((line) => line.startsWith('ready '));
  const node = start(process.execPath, [...ENGINE_FLAGS, MAIN, 'run', '--folder', join(data, 'space')]);
  await node.logged('node running');
  t.match(await cli('badge', 'test', 'front-door', CARD), { code: 0, text: 'granted' }, 'the door opens');
  t.match(await cli('badge', 'test', 'front-door', '0000000001'), { code: 4 }, 'and not for others');
  t.match((await cli('log')).text, /granted.*Ada[\s\S]*denied/, 'both are in the ledger');
  t.match(await cli('door', 'lockdown', '--reason', 'gas'), { code: 0 }, 'a denial is taken');
  t.match(await cli('member', 'add', 'Grace'), { code: 1, text: 'disk_low' }, 'nothing else is');
  t.match((await cli('status')).text, 'LOW');
  await node.stop();
  t.ok(existsSync(join(data, 'full')));
  t.match(await cli('verify'), { code: 0 });

  // Who has to free space comes by SSH, perhaps with a key that the board does not know yet.
  const key = `ssh-ed25519 ${'A'.repeat(68)} ada@laptop`;
  writeFileSync(join(root, 'card/blockmesh.toml'), `[ssh]\nkeys = ["${key}"]\n`);
  const unit = readFileSync(join(RELEASE, 'systemd/blockmesh-boot.service'), 'utf8');
  const [, capabilities = ''] = /^CapabilityBoundingSet=(.+)$/m.exec(unit) ?? [];
  const may = capabilities.split(' ').map((name) => `+${name.replace('CAP_', '').toLowerCase()}`);
  const groups = unit.includes('\nSupplementaryGroups=blockmesh\n') ? ['--groups', `${NODE_UID}`] : ['--clear-groups'];
  const asUnit = [`--bounding-set=-all,${may.join(',')}`, ...groups, process.execPath, MAIN, 'board', 'import'];
  t.match(spawnSync('setpriv', [...asUnit, ...folders, ...owner], { encoding: 'utf8' }), { status: 0, stderr: '' });
  t.equal(readFileSync(join(data, 'board/authorized_keys'), 'utf8'), `${key}\n`, 'a new key is taken up');
});
