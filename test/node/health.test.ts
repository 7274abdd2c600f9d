import { spawn } from 'node:child_process';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import { FOLD_STILL_MS_MAX, HEALTH_LOOK_MS, HEALTH_LOOK_MS_MAX } from '../../src/base/limits.ts';
import type { LifeSigns, Supervisor } from '../../src/base/ports.ts';
import { type Check, Health } from '../../src/node/health.ts';
import { type HealthNeeds, healthChecks } from '../../src/node/health-checks.ts';
import { NodeLife } from '../../src/node/life-signs.ts';
import { systemdSupervisor } from '../../src/node/systemd.ts';
import { stillClock } from '../broker/still-clock.ts';
import { memoryLog } from '../contract/line-protocol.ts';
import { newFolder } from '../store/open-store.ts';
import { Program } from './program.ts';

const down = (code: string) => new CodedError(code, `${code} happened`);
const passing: Check = { part: 'a', isVital: true, look: () => {} };

t.test('a node is well when every check passes, and alive when every vital one does', async (t) => {
  const clock = stillClock();
  const refusing = (part: string, isVital: boolean): Check => ({
    part,
    isVital,
    look: async () => {
      throw down(part);
    },
  });
  t.strictSame(await new Health([passing], clock).look(), { isWell: true, isAlive: true, faults: [] });
  const told = await new Health([passing, refusing('pins', false)], clock).look();
  const pins = { part: 'pins', isVital: false, code: 'pins', message: 'pins happened' };
  t.strictSame(told, { isWell: false, isAlive: true, faults: [pins] });
  const dead = await new Health([refusing('ledger', true), refusing('pins', false)], clock).look();
  t.match(dead, { isWell: false, isAlive: false });
  t.equal(dead.faults.length, 2);
});

t.test('a check that hangs is a fault, and is not asked twice at a time', async (t) => {
  const clock = stillClock();
  let asked = 0;
  const hanging: Check = {
    part: 'pins',
    isVital: false,
    look: () => {
      asked += 1;
      return new Promise(() => {});
    },
  };
  const health = new Health([hanging], clock);
  const looks = [health.look(), health.look()];
  clock.advance(HEALTH_LOOK_MS_MAX);
  for (const report of await Promise.all(looks)) t.match(report.faults, [{ code: 'no_answer' }]);
  t.equal(asked, 1);
});

/** A node of which everything is well, but for what the test says. */
function needs(t: Test, changed: Partial<Record<keyof HealthNeeds | 'writer' | 'blocks', unknown>> = {}) {
  const folder = t.testdir({ 'ledger.db': '' });
  const clock = stillClock();
  const at = { foldedTo: 7, blocks: 7, isPaused: false };
  const space = {
    folder,
    writer: { probe: () => {} },
    fold: {
      get isPaused() {
        return at.isPaused;
      },
    },
    journal: { foldedTo: () => at.foldedTo },
    blocks: { counts: () => ({ blocks: at.blocks, entries: 0 }) },
    dapps: { down: (): string[] => [] },
    disk: { refuseWhenLow: () => {} },
  };
  const all = {
    space,
    pins: { list: async () => [] },
    agents: { down: () => [] },
    broker: { describe: async () => ({ enabled: false, fault: null }) },
    live: { now: { output: { strike: {} }, input: {}, reader: {} } },
    clock,
    ...changed,
  } as unknown as HealthNeeds;
  const health = new Health(healthChecks(all), clock);
  const faults = async () => (await health.look()).faults.map(({ part, code }) => `${part} ${code}`);
  return { space, at, clock, health, faults, folder };
}

t.test('what a node has to do is looked at, part by part', async (t) => {
  t.strictSame(await needs(t).faults(), []);
  const offline = { list: () => Promise.reject(down('pins_offline')) };
  t.strictSame(await needs(t, { pins: offline }).faults(), ['pins pins_offline']);
  const wireless = { now: { output: {}, input: {}, reader: { shed: { driver: 'tasmota' } } } };
  t.strictSame(await needs(t, { pins: offline, live: wireless }).faults(), [], 'nobody needs them here');
  const wiegand = { now: { output: {}, input: {}, reader: { side: { driver: 'wiegand' } } } };
  t.strictSame(await needs(t, { pins: offline, live: wiegand }).faults(), ['pins pins_offline']);
  const listening = { way: 'tls', port: 8883, isListening: true, fault: null };
  const deaf = { way: 'loopback', port: 1883, isListening: false, fault: 'EADDRINUSE' };
  for (const [broker, fault] of [
    [{ enabled: true, fault: null, listeners: [listening] }, null],
    [{ enabled: true, fault: null, listeners: [listening, { ...deaf, way: 'plain' }] }, null],
    [{ enabled: true, fault: null, listeners: [listening, deaf] }, 'port 1883: EADDRINUSE'],
    [{ enabled: true, fault: null, listeners: [] }, 'it does not listen with TLS yet'],
    [{ enabled: true, fault: 'no openssl' }, 'no openssl'],
  ] as const) {
    const { faults } = await needs(t, { broker: { describe: async () => broker } }).health.look();
    const told = { part: 'broker', isVital: false, code: 'broker_down', message: fault };
    t.strictSame(faults, fault === null ? [] : [told]);
  }
  t.strictSame(await needs(t, { agents: { down: () => ['door'] } }).faults(), ['dapps dapp_down']);
  const { space, health } = needs(t);
  space.writer.probe = () => {
    throw down('store_io');
  };
  space.dapps.down = () => ['membership'];
  t.match(await health.look(), {
    isAlive: false,
    faults: [
      { part: 'ledger', code: 'store_io' },
      { part: 'dapps', message: /membership/ },
    ],
  });
});

t.test('a disk that is full or cannot be written is told, and no new start is asked for', async (t) => {
  const full = needs(t);
  full.space.disk.refuseWhenLow = () => {
    throw down('disk_low');
  };
  t.match(await full.health.look(), { isAlive: true, faults: [{ part: 'disk', code: 'disk_low' }] });
  const gone = needs(t);
  gone.space.folder = join(gone.folder, 'nowhere');
  t.match(await gone.health.look(), { isAlive: true, faults: [{ code: 'disk_read_only' }] });
});

t.test(
  'a fold that stands still for a minute is stuck; one that moves, is held or waits for the disk is not',
  async (t) => {
    const { at, clock, faults } = needs(t);
    const STUCK = ['fold fold_stuck'];
    at.blocks = 9;
    t.strictSame(await faults(), [], 'it has just come to it');
    clock.advance(FOLD_STILL_MS_MAX - 1);
    t.strictSame(await faults(), []);
    clock.advance(1);
    t.strictSame(await faults(), STUCK);
    at.foldedTo = 8;
    t.strictSame(await faults(), [], 'it moves');
    clock.advance(FOLD_STILL_MS_MAX);
    t.strictSame(await faults(), STUCK);
    at.isPaused = true;
    t.strictSame(await faults(), []);
    at.isPaused = false;
    t.strictSame(await faults(), [], 'from then on it has a minute again');
    clock.advance(FOLD_STILL_MS_MAX);
    t.strictSame(await faults(), STUCK);
  },
);

/** Keeps what it was told; each sign is told when the test lets it. */
function fakeSupervisor(everyMs: number | null = HEALTH_LOOK_MS): Supervisor & { readonly told: LifeSigns[] } {
  const told: LifeSigns[] = [];
  return {
    everyMs,
    told,
    tell: async (signs) => {
      told.push(signs);
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test('the supervisor hears of the start, of each look while the node is alive, and of the end', async (t) => {
  const supervisor = fakeSupervisor();
  const clock = stillClock();
  const life = new NodeLife({ supervisor, clock });
  let fault: Check = passing;
  const health = new Health([{ part: 'pins', isVital: false, look: () => fault.look() }], clock);
  const vital = new Health([{ part: 'ledger', isVital: true, look: () => fault.look() }], clock);
  const broken: Check = {
    ...passing,
    look: () => {
      throw down('gone');
    },
  };
  const next = async () => {
    clock.advance(HEALTH_LOOK_MS);
    await settled();
    return supervisor.told.splice(0);
  };

  life.begin();
  await settled();
  t.match(supervisor.told.splice(0), [{ status: /^starting/, moreMs: 8 * HEALTH_LOOK_MS }]);
  t.strictSame(await next(), [{ moreMs: 8 * HEALTH_LOOK_MS }], 'it still starts');
  t.strictSame(await next(), [{ moreMs: 8 * HEALTH_LOOK_MS }]);
  await life.ready(health);
  t.strictSame(supervisor.told.splice(0), [{ state: 'ready', status: 'running', isWell: true }]);
  t.strictSame(await next(), [{ status: 'running', isWell: true }]);
  fault = broken;
  t.strictSame(await next(), [{ status: 'running, but pins: gone happened', isWell: true }], 'told, and alive');
  await life.ready(vital);
  t.strictSame(supervisor.told.splice(0), [{ status: 'running, but ledger: gone happened' }], 'no sign of life');
  t.strictSame(await next(), [{ status: 'running, but ledger: gone happened' }]);
  await life.end('stopping');
  t.strictSame(supervisor.told.splice(0), [{ state: 'stopping', status: 'stopping' }]);
  t.strictSame(await next(), [], 'nothing afterwards');
  await life.end('again');
  t.strictSame(supervisor.told, []);
});

t.test('a node is ready when nothing vital is wrong, and not before', async (t) => {
  const supervisor = fakeSupervisor();
  const clock = stillClock();
  const life = new NodeLife({ supervisor, clock });
  let isBroken = true;
  const look = () => {
    if (isBroken) throw down('gone');
  };
  life.begin();
  await life.ready(new Health([{ part: 'ledger', isVital: true, look }], clock));
  isBroken = false;
  clock.advance(HEALTH_LOOK_MS);
  await settled();
  await life.end('stopping');
  t.match(supervisor.told, [
    { status: /^starting/ },
    { status: 'running, but ledger: gone happened' },
    { state: 'ready', isWell: true },
    { state: 'stopping' },
  ]);
});

t.test('where nobody listens, nothing is looked at', async (t) => {
  const supervisor = fakeSupervisor(null);
  const clock = stillClock();
  const life = new NodeLife({ supervisor, clock });
  const health = new Health([{ ...passing, look: () => void t.fail('looked') }], clock);
  life.begin();
  await life.ready(health);
  clock.advance(HEALTH_LOOK_MS);
  await life.end('stopping');
  t.strictSame(supervisor.told, []);
});

t.test('systemd is told by its own program', async (t) => {
  const path = join(newFolder(t), 'notify');
  const script = join(import.meta.dirname, '../fixtures/notify-socket.py');
  const systemd = new Program(spawn('python3', [script, path], { stdio: ['ignore', 'pipe', 'pipe'] }));
  t.teardown(() => systemd.kill());
  await systemd.line((line) => line === '"ready"');
  const log = memoryLog();
  const variables = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '60000000', WATCHDOG_PID: `${process.pid}` };
  const supervisor = systemdSupervisor(variables, log);
  t.equal(supervisor.everyMs, 15_000, 'a quarter of the time');
  await supervisor.tell({ state: 'ready', isWell: true, status: 'running\nREADY=0' });
  await supervisor.tell({ moreMs: 60_000 });
  await supervisor.tell({ state: 'stopping' });
  await systemd.line((line) => line.includes('STOPPING=1'));
  const said = systemd.lines.slice(1).map((line) => JSON.parse(line) as string[]);
  t.strictSame(said, [
    ['READY=1', 'WATCHDOG=1', 'STATUS=running READY=0'],
    ['EXTEND_TIMEOUT_USEC=60000000'],
    ['STOPPING=1'],
  ]);
  t.strictSame(log.lines, []);
});

t.test('a watchdog of another process is not ours, and a deaf systemd is told of once', async (t) => {
  const log = memoryLog();
  t.equal(systemdSupervisor({}, log).everyMs, null);
  const other = systemdSupervisor({ NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '60000', WATCHDOG_PID: '1' }, log);
  t.equal(other.everyMs, HEALTH_LOOK_MS);
  await other.tell({ isWell: true });
  await other.tell({ isWell: true });
  t.match(log.lines, [{ code: 'supervisor_deaf' }]);
  t.equal(log.lines.length, 1);
});
