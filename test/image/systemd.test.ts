import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { SUPERVISOR_WAIT_MS } from '../../src/base/limits.ts';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { buildPins } from '../devices/pins/build.ts';
import { RELEASE } from '../machine/release.ts';
import { Program, until } from '../node/program.ts';
import { furnish, TestSpace } from '../node/space-harness.ts';

/** What systemd itself makes of our units; it need not run for that. */

const UNITS = globSync('systemd/*.service', { cwd: RELEASE }).sort();
/** In tenths, as `--threshold` has it. */
const EXPOSURE_MAX = 30;
const pathOf = (unit: string) => join(RELEASE, unit);

t.test('every service denies by default', (t) => {
  t.ok(UNITS.includes('systemd/blockmesh-node.service'));
  for (const unit of UNITS) {
    const words = ['security', '--offline=yes', `--threshold=${EXPOSURE_MAX}`, '--no-pager', pathOf(unit)];
    const { status, stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
    // Debian 12 does not know these two yet; a line that nobody knows protects from nothing.
    const unknown = stderr.split('\n').filter((line) => line !== '' && !/'Restart(Steps|MaxDelaySec)'/.test(line));
    t.strictSame(unknown, [], `${unit}: every line is understood`);
    t.equal(status, 0, `${unit}: ${stdout.split('\n').filter(Boolean).at(-1)} ${stderr}`);
  }
  t.end();
});

t.test('the node and systemd agree on how long a sign of life may stay away', (t) => {
  const [, seconds] =
    /^WatchdogSec=(\d+)s$/m.exec(readFileSync(pathOf('systemd/blockmesh-node.service'), 'utf8')) ?? [];
  t.equal(Number(seconds) * 1000, SUPERVISOR_WAIT_MS);
  t.end();
});

t.test('memory that the pins process never loses', (t) => {
  const keptBy = (file: string) => /^MemoryMin=(\S+)$/m.exec(readFileSync(pathOf(file), 'utf8'))?.[1];
  t.ok(keptBy('systemd/blockmesh-pins.service'));
  const slice = keptBy('systemd/system.slice.d/50-blockmesh.conf');
  t.equal(slice, keptBy('systemd/blockmesh-pins.service'), 'its slice has it to give');
  t.end();
});

t.test('SSH is tried for ever', (t) => {
  const lib = 'image/rootfs/usr/lib/systemd/system';
  const lines = readFileSync(pathOf(`${lib}/ssh.service.d/50-blockmesh.conf`), 'utf8').split('\n');
  for (const line of ['StartLimitIntervalSec=0', 'RestartPreventExitStatus=']) t.ok(lines.includes(line), line);
  t.end();
});

t.test('what the first boot waits for has ended before systemd ends it', (t) => {
  const script = readFileSync(pathOf('image/rootfs/usr/lib/blockmesh/board-boot'), 'utf8');
  const [, minutes] =
    /^TimeoutStartSec=(\d+)min$/m.exec(readFileSync(pathOf('systemd/blockmesh-boot.service'), 'utf8')) ?? [];
  const limit = (name: string) => Number(new RegExp(`^${name}=(?:.*:-)?(\\d+)}?$`, 'm').exec(script)?.[1]);
  const waitedS = limit('IMPORT_S_MAX') + limit('RESCUE_S_MAX') + 2 * limit('KILL_S');
  t.ok(waitedS < Number(minutes) * 60, `${waitedS} s of ${minutes} min`);
  t.end();
});

/** Every system call of a set of systemd's, those of the sets within it included. */
function callsOf(set: string): ReadonlySet<string> {
  const text = execFileSync('systemd-analyze', ['syscall-filter', set], { encoding: 'utf8' });
  const names = text.split('\n').flatMap((line) => /^ {4}([@a-z_0-9-]+)$/.exec(line)?.[1] ?? []);
  return new Set(names.flatMap((name) => (name.startsWith('@') ? [...callsOf(name)] : [name])));
}

/** What the filter of a unit lets through; its lines are taken in their order. */
function allowedBy(unit: string): ReadonlySet<string> {
  const lines = readFileSync(pathOf(unit), 'utf8').matchAll(/^SystemCallFilter=(~?)(.*)$/gm);
  // A list that begins with what is allowed has the calls that every program needs.
  const allowed = new Set(callsOf('@default'));
  for (const [, isDenied, names = ''] of lines) {
    for (const name of names.split(' ').flatMap((one) => (one.startsWith('@') ? [...callsOf(one)] : [one]))) {
      if (isDenied === '~') allowed.delete(name);
      else allowed.add(name);
    }
  }
  return allowed;
}

interface Traced {
  readonly program: Program;
  /** The system calls it made, when it has ended. */
  calls(): Promise<readonly string[]>;
}

/** Runs a program that strace watches, and all that it starts; signals go to the program itself. */
function traced(t: Test, file: string, words: readonly string[], variables: NodeJS.ProcessEnv = {}): Traced {
  const list = join(t.testdir(), 'calls');
  const watch = ['-D', '-f', '-c', '-U', 'name', '-o', list, '--', file, ...words];
  const env = { ...process.env, ...variables };
  const program = new Program(spawn('strace', watch, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true }));
  t.teardown(() => program.kill());
  // strace writes it when its program has gone, its last line last.
  const read = () => (existsSync(list) ? (readFileSync(list, 'latin1').match(/^[a-z_0-9]+$/gm) ?? []) : []);
  return {
    program,
    async calls() {
      await until(
        () => read().at(-1) === 'total',
        () => `strace writes ${list}`,
      );
      return read().filter((name) => name !== 'syscall' && name !== 'total');
    },
  };
}

/** systemd's end of the signs of life: each as its lines. */
async function notifySocket(t: Test, path: string) {
  const script = join(RELEASE, 'test/fixtures/notify-socket.py');
  const systemd = new Program(spawn('python3', [script, path], { stdio: ['ignore', 'pipe', 'pipe'] }));
  t.teardown(() => systemd.kill());
  await systemd.line((line) => line === '"ready"');
  return systemd;
}

t.test('a node tells systemd how it is, and makes no system call that its unit refuses', async (t) => {
  const config = '[broker]\nport = 0\nloopback_port = 0\n';
  const space = await TestSpace.make(t, { doors: ['front'], config });
  await space.startPins();
  const main = join(RELEASE, 'src/cli/main.ts');
  const NOTIFY_SOCKET = join(space.folder, 'run/notify');
  const systemd = await notifySocket(t, NOTIFY_SOCKET);
  const service = { BLOCKMESH_FOLDER: space.folder, NOTIFY_SOCKET, WATCHDOG_USEC: '4000000' };
  const node = traced(t, process.execPath, [...ENGINE_FLAGS, main, 'run'], service);
  await node.program.logged('node running');
  await node.program.logged('broker listens', { way: 'tls' });
  await furnish(space, [{ name: 'front', openMs: 200 }], ['0009362416']);
  const { code } = await space.cli('badge', 'test', 'front', '0009362416');
  t.equal(code, 0);
  t.match(await space.cli('backup', join(space.folder, 'a.backup'), '--plain'), { code: 0 });
  t.match(await space.cli('reload'), { code: 0 });
  const said = (wanted: string) => (line: string) => (JSON.parse(line) as readonly string[]).includes(wanted);
  await systemd.line(said('READY=1'));
  const alive = JSON.stringify(['WATCHDOG=1', 'STATUS=running']);
  await systemd.line((line) => JSON.stringify(JSON.parse(line)) === alive);
  t.match(await node.program.stop(), { code: 0 });
  await systemd.line(said('STOPPING=1'));
  const allowed = allowedBy('systemd/blockmesh-node.service');
  const calls = await node.calls();
  for (const name of ['setpriority', 'fsync', 'bind']) t.ok(calls.includes(name), `${name} was seen`);
  // SQLite gives its files to the owner of the database, but as root alone: a test may be root, the node is not.
  const others = process.getuid?.() === 0 ? ['fchown'] : [];
  t.strictSame(
    calls.filter((name) => !allowed.has(name) && !others.includes(name)),
    [],
  );
});

t.test('the pins process makes no system call that its unit refuses', async (t) => {
  // A socket's path is short.
  const folder = mkdtempSync(join(tmpdir(), 'pins-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const options = join(folder, 'options');
  writeFileSync(options, '--output strike,chip=virtual,line=x,active=high,safe=low,longest=1000\n');
  const words = ['--socket', join(folder, 'sock'), '--options', options];
  const pins = traced(t, buildPins('gpio_sim'), words);
  await pins.program.line((line) => line.startsWith('ready '));
  await pins.program.stop();
  const allowed = allowedBy('systemd/blockmesh-pins.service');
  t.strictSame(
    (await pins.calls()).filter((name) => !allowed.has(name)),
    [],
  );
});
