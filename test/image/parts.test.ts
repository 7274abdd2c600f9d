import { createHash } from 'node:crypto';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { RELEASE } from '../machine/release.ts';
import { furnish, LogReader, TestSpace } from '../node/space-harness.ts';

/** What a board gets, made for this machine's processor, and a door on it. */

const CARD = '0009362416';
/** As an RDM6300 sends that card: 40-bit UID 00008EDBF0, checksum 00 ^ 00 ^ 8E ^ DB ^ F0. */
const CARD_FRAME = Buffer.from('\x0200008EDBF0A5\x03', 'latin1');
const OPEN_MS = 300;
const BUILT = 1_795_000_000;
const CPU = process.arch === 'arm64' ? 'arm64' : 'x64';

const parts = join(RELEASE, 'build/board', CPU);

/** Name → content and mode of every file. */
function filesOf(folder: string): Readonly<Record<string, string>> {
  const names = globSync('**', { cwd: folder }).filter((name) => statSync(join(folder, name)).isFile());
  const hashed = names.sort().map((name) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
    const { mode, mtimeMs } = statSync(join(folder, name));
    return [name, `${hash} ${mode.toString(8)} ${mtimeMs}`];
  });
  return Object.fromEntries(hashed);
}

async function make(t: Test): Promise<Readonly<Record<string, string>>> {
  const options = { cwd: RELEASE, env: { SOURCE_DATE_EPOCH: `${BUILT}` }, reject: false } as const;
  const { exitCode, stderr } = await execa('make', ['board-parts', `ARCH=${CPU}`], options);
  t.equal(exitCode, 0, stderr);
  return filesOf(parts);
}

const first = await make(t);

t.test('the same sources make the same bytes', async (t) => {
  t.strictSame(await make(t), first);
  const release = JSON.parse(readFileSync(join(parts, 'release.json'), 'utf8')) as JsonObject;
  t.match(release, { version: /^\d+\.\d+\.\d+$/, arch: CPU, built: BUILT });
});

t.test('it needs nothing of npm, and passes on the licence of what it took', async (t) => {
  for (const name of Object.keys(first).filter((file) => /\.m?js$/.test(file))) {
    const text = readFileSync(join(parts, name), 'utf8');
    const others = [...text.matchAll(/^(?:import|export) [^;'"]*["']([^'"]+)["']/gm)].map(([, from = '']) => from);
    t.strictSame(
      others.filter((from) => !isBuiltin(from)),
      [],
      `${name} imports built-in modules alone`,
    );
    t.notOk(text.includes(RELEASE), `${name} names no folder of this machine`);
  }
  const packages = JSON.parse(readFileSync(`${parts}.packages.json`, 'utf8')) as JsonObject[];
  const licences = readFileSync(join(parts, 'LICENCES.txt'), 'utf8');
  for (const { name, version } of packages) t.match(licences, `${name} ${version}: `);
  t.match(packages, [{ name: '@pinojs/redact' }]);
});

t.test('a door on the bundle: founded, badged, backed up, verified', async (t) => {
  const programs = { blockmesh: join(parts, 'blockmesh.mjs'), virtualPins: join(parts, 'virtual-main.mjs') };
  const space = await TestSpace.make(t, {
    doors: ['front'],
    programs,
    config: '[broker]\nport = 0\nloopback_port = 0\n',
  });
  await space.startPins();
  const node = await space.startNode();
  await furnish(space, [{ name: 'front', openMs: OPEN_MS }], [CARD]);
  const log = new LogReader(await space.control());
  await log.catchUp();
  await space.send('front', CARD_FRAME);
  t.match((await log.row(({ kind }) => kind === 'granted')).body, { door: 'front' });
  await node.logged('output on', { output: 'front-strike' });
  await node.logged('output off', { output: 'front-strike', end: 'timer' });

  const ofDapps = space.living().filter(({ cwd }) => cwd.startsWith(join(parts, 'dapps')));
  const places = ofDapps.map(({ pid }) => readFileSync(`/proc/${pid}/oom_score_adj`, 'latin1').trim());
  t.strictSame(places, ['300', '300', '300'], 'when memory runs out they go before the node');

  await node.logged('broker listens', { way: 'tls' });
  const { stdout: health, code } = await space.cli('health');
  t.equal(code, 0, health);
  const file = join(t.testdir(), 'space.backup');
  t.match(await space.cli('backup', file, '--plain'), { code: 0 }, 'the copy has its own program');
  t.match(await space.cli('backup', '--verify', file), { code: 0 });
  t.strictSame(await node.stop(), { code: 0, signal: null });
  t.match(await space.cli('verify'), { code: 0, stdout: /^clean/ });
});

t.test('the command of a board finds its parts where it lies', async (t) => {
  const { stdout } = await execa(join(parts, 'blockmesh'), ['--version']);
  t.equal(stdout, JSON.parse(readFileSync(join(parts, 'release.json'), 'utf8')).version);
  t.match(readFileSync(join(parts, 'blockmesh'), 'utf8'), ` ${ENGINE_FLAGS.join(' ')} "$lib/blockmesh.mjs"`);
  const pins = await execa(join(parts, 'blockmesh-pins'), ['--version']);
  t.match(pins.stdout, /^blockmesh-pins \d/);
  const onoff = await execa(process.execPath, [join(parts, 'blockmesh-pins-onoff.mjs'), '--help']);
  t.match(onoff.stdout, /usage: blockmesh-pins-onoff/);
});

t.test(
  'what the pins process owns is there before the node runs, and without Node where nothing has changed',
  async (t) => {
    // A socket's path is short.
    const space = mkdtempSync(join(tmpdir(), 'run-'));
    t.teardown(() => rmSync(space, { recursive: true }));
    writeFileSync(join(space, 'blockmesh.toml'), '[output.strike]\nline = "GPIO17"\n');
    for (const folder of ['run', 'memory']) mkdirSync(join(space, folder));
    const memory = join(space, 'memory');
    const [options, kept, config] = [
      join(memory, 'pins.options'),
      join(space, 'pins.options'),
      join(space, 'blockmesh.toml'),
    ];
    const prepare = () => execa(join(parts, 'prepare-run'), [space, memory]);
    const ago = (path: string, seconds: number) => utimesSync(path, BUILT - seconds, BUILT - seconds);

    await prepare();
    t.equal(readlinkSync(join(space, 'run')), memory, 'a folder that init has left becomes a link');
    t.match(readFileSync(options, 'utf8'), /^--output strike,line=GPIO17,/m);
    t.equal(readFileSync(kept, 'utf8'), readFileSync(options, 'utf8'));

    writeFileSync(options, '# by the node\n');
    await prepare();
    t.equal(readFileSync(options, 'utf8'), '# by the node\n', 'what is there stays');

    writeFileSync(kept, '# kept\n');
    ago(config, 10);
    ago(kept, 5);
    rmSync(options);
    await prepare();
    t.equal(readFileSync(options, 'utf8'), '# kept\n', 'newer than the configuration: taken as it is');

    ago(config, 1);
    rmSync(options);
    await prepare();
    t.match(readFileSync(options, 'utf8'), /^--output strike,/m, 'older: written anew');
  },
);
