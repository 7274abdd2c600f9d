import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { PINS_RECORDS_PAGE_MAX, PINS_REPLY_MS_MAX } from '../../src/base/limits.ts';
import type { PinsRecord } from '../../src/devices/pins/protocol.ts';
import { buildPins } from '../devices/pins/build.ts';
import { Scene, SLOW_MS } from './kill-scene.ts';
import { signalIfThere, until, WAIT_MS } from './program.ts';
import type { LogRow } from './space-harness.ts';

/** `kill -9` of the node at its worst moments: doors close on time, and the ledger loses and doubles nothing. */

const PINS: readonly (readonly [name: string, program: string | undefined])[] = [
  ['the virtual pins process', undefined],
  ['the C pins process', buildPins('gpio_sim')],
];

function bodyOf({ id, output, onNs, offNs, end }: PinsRecord): JsonObject {
  return { pulse: id, output, onNs: `${onNs}`, offNs: `${offNs}`, end: `${end}` };
}

function summary(rows: readonly LogRow[]): readonly unknown[] {
  return rows.map(({ kind, body, outcome }) => [kind, body.pulse ?? body.fault, outcome.status]);
}

async function killedInMidPulse(t: Test, scene: Scene): Promise<void> {
  const pulse = String((await scene.granted('slow')).pulse);
  const killedNs = process.hrtime.bigint();
  await scene.node.kill();
  const record = await scene.ended(pulse);
  t.match(record, { output: 'slow-strike', kind: 'pulse', end: 'timer', owner: 'lost' });
  const openNs = (record.offNs ?? 0n) - record.onNs;
  t.ok(openNs >= BigInt(SLOW_MS) * 1_000_000n, `on for ${openNs} ns`);
  t.ok((record.offNs ?? 0n) > killedNs, 'it ended after the node had died');
  t.match((await scene.pins.list())[2], { name: 'slow-strike', on: false, level: 'low' });

  const rows = await scene.restarted();
  t.same(summary(rows), [
    ['granted', pulse, 'ok'],
    ['interrupted', pulse, 'ok'],
  ]);
  t.same(rows[1]?.body, bodyOf(record), 'as the pins process recorded it');
  await scene.node.logged('pulse interrupted: its node died before it ended', { pulse });
  t.same(summary(await scene.restarted()), summary(rows), 'told once');
}

async function backInMidPulse(t: Test, scene: Scene): Promise<void> {
  const pulse = String((await scene.granted('long')).pulse);
  await scene.node.kill();
  t.same(summary(await scene.restarted()), [['granted', pulse, 'ok']]);
  t.match((await scene.pins.list())[1], { name: 'long-strike', on: true, level: 'high' }, 'a start moves no output');
  await scene.pins.release('long-strike');
  const record = await scene.ended(pulse);
  t.match(record, { end: 'released', owner: 'lost' });
  await scene.node.logged('pulse interrupted: its node died before it ended', { pulse });
  const rows = await scene.rows();
  t.same(summary(rows).slice(1), [['interrupted', pulse, 'ok']]);
  t.same(rows[1]?.body, bodyOf(record));
  t.same(summary(await scene.restarted()), summary(rows), 'told once');
}

async function killedBeforeAppend(t: Test, scene: Scene): Promise<void> {
  const node = await scene.startFrozen();
  await scene.badge('slow');
  const pulse = await scene.pulsed();
  await node.kill();
  const record = await scene.ended(pulse);
  t.match(record, { end: 'timer', owner: 'lost' });
  const rows = await scene.restarted();
  t.same(summary(rows), [['recovered', pulse, 'ok']]);
  t.same(rows[0]?.body, bodyOf(record));
  await scene.node.logged('pulse without a fact, recovered', { pulse });
  t.same(summary(await scene.restarted()), summary(rows), 'a second start adds nothing');
  t.same(summary(await scene.restarted()), summary(rows), 'nor does a third');
}

async function agentKilledBeforeAppend(t: Test, scene: Scene): Promise<void> {
  const node = await scene.startFrozen();
  await scene.badge('front');
  const pulse = await scene.pulsed();
  process.kill(await scene.agentPid(), 'SIGKILL');
  const record = await scene.ended(pulse);
  t.match(record, { end: 'timer', owner: 'present' }, 'the node lives');
  await node.logged('pulse without a fact, recovered', { pulse });
  await node.stop();
  const rows = await scene.restarted();
  t.same(summary(rows), [['recovered', pulse, 'ok']]);
  t.same(rows[0]?.body, bodyOf(record));
}

async function agentKilledBeforeAnswer(t: Test, scene: Scene): Promise<void> {
  const node = await scene.startFrozen();
  scene.pinsProgram.signal('SIGSTOP');
  await scene.badge('front');
  await node.logged('standard error', { dapp: 'door', line: 'pulse' });
  process.kill(await scene.agentPid(), 'SIGKILL');
  await node.logged('dapp failed', { dapp: 'door' });
  t.notOk(scene.hasPulsed, 'the pulse is in flight');
  scene.pinsProgram.signal('SIGCONT');
  const pulse = await scene.pulsed();
  const record = await scene.ended(pulse);
  await node.logged('pulse without a fact, recovered', { pulse });
  const rows = await scene.restarted();
  t.same(summary(rows), [['recovered', pulse, 'ok']]);
  t.same(rows[0]?.body, bodyOf(record));
}

async function killedWhileStopping(t: Test, scene: Scene): Promise<void> {
  const pulse = String((await scene.granted('slow')).pulse);
  // Deaf to whatever asks them to end, until they are killed: first the agent, then the contracts.
  const dapps = scene.space.living().filter(({ pid }) => pid !== scene.node.pid);
  t.ok(dapps.length >= 3, 'an agent and two contracts');
  for (const { pid } of dapps) process.kill(pid, 'SIGSTOP');
  scene.node.signal('SIGTERM');
  await scene.node.logged('stopping');
  t.same(await scene.node.kill(), { code: null, signal: 'SIGKILL' }, 'it was still stopping');
  t.notOk(
    scene.node.lines.some((line) => line.includes('stop took too long')),
    'not by itself',
  );
  for (const { pid } of dapps) signalIfThere(pid, 'SIGCONT');
  const record = await scene.ended(pulse);
  t.match(record, { end: 'timer', owner: 'lost' }, 'the door closed on time all the same');
  await until(
    () => scene.space.living().length === 0,
    () => `nothing is left of it: ${JSON.stringify(scene.space.living())}`,
  );
  const rows = await scene.restarted();
  t.same(summary(rows), [
    ['granted', pulse, 'ok'],
    ['interrupted', pulse, 'ok'],
  ]);
  t.same(rows[1]?.body, bodyOf(record));
}

async function pulsedTooLate(t: Test, scene: Scene): Promise<void> {
  scene.pinsProgram.signal('SIGSTOP');
  t.match(await scene.granted('front'), { result: 'granted', fault: 'pins_timeout' });
  t.notOk(scene.hasPulsed);
  scene.pinsProgram.signal('SIGCONT');
  const pulse = await scene.pulsed();
  await scene.ended(pulse);
  await scene.node.logged('pulse without a fact, recovered', { pulse });
  const rows = await scene.rows();
  t.same(summary(rows), [
    ['granted', 'pins_timeout', 'ok'],
    ['recovered', pulse, 'ok'],
  ]);
  t.same(summary(await scene.restarted()), summary(rows), 'told once');
}

const SCENES: Readonly<Record<string, (t: Test, scene: Scene) => Promise<void>>> = {
  'killed in mid-pulse: the door closes on time and the next start says so': killedInMidPulse,
  'back in mid-pulse: the pulse goes on, and is told when it has ended': backInMidPulse,
  'killed between pulse and append: recovered, once': killedBeforeAppend,
  'the agent killed between pulse and append: recovered by the node that lives on': agentKilledBeforeAppend,
  'the agent killed while its pulse is in flight: recovered all the same': agentKilledBeforeAnswer,
  'killed while its stop hangs: as when killed in mid-pulse': killedWhileStopping,
  'a pulse that came after its time-out: the fact has a fault, the pulse is recovered': pulsedTooLate,
};

/**
 * Stands in for the pins process, and takes a while for everything it is asked. Its records are holds that have
 * ended, more than one page of them.
 */
async function slowPins(path: string, delayMs: number): Promise<{ readonly asked: string[]; stop(): Promise<void> }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let seq = 0;
  const answer = (line: string): string => {
    const [word = ''] = line.split(' ');
    if (word === 'hello') return `ok hello 2 ${'0'.repeat(16)} 1\n`;
    if (word !== 'records') return `ok ${word}\n`;
    const records = Array.from({ length: PINS_RECORDS_PAGE_MAX }, () => {
      seq += 1;
      return `record ${seq} h${seq} front-strike hold 1 2 released present\n`;
    });
    return `${records.join('')}ok records ${records.length}\n`;
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const lines = createInterface({ input: socket });
    // A node that is killed resets the line; what the socket meets is told again by the reader of its lines.
    for (const end of [socket, lines]) end.on('error', () => socket.destroy());
    lines.on('line', (line) => {
      asked.push(line);
      const timer = setTimeout(() => socket.write(answer(line)), delayMs);
      socket.on('close', () => clearTimeout(timer));
    });
  });
  server.listen(path);
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { asked, stop };
}

for (const [name, program] of PINS) {
  t.test(`${name} killed in mid-pulse: told once it is back`, async (t) => {
    const scene = await Scene.make(t, program);
    await scene.begin();
    const pulse = String((await scene.granted('long')).pulse);
    const from = scene.node.lines.length;
    await scene.pinsProgram.kill();
    await scene.node.logged('pins process lost, doors cannot open until it is back', {}, from);
    await scene.space.startPins();
    const told = { pulse, end: 'pins-lost' };
    await scene.node.logged('pulse interrupted: its pins process died before it ended', told, from);
    await scene.node.logged('pins process connected', {}, from);
    const rows = await scene.rows();
    t.same(summary(rows), [
      ['granted', pulse, 'ok'],
      ['interrupted', pulse, 'ok'],
    ]);
    t.same(summary(await scene.restarted()), summary(rows), 'told once');
  });
}

t.test('stopped while it connects to the pins process again', async (t) => {
  const scene = await Scene.make(t, undefined);
  const { space } = scene;
  const path = join(space.folder, 'run/pins.sock');
  await scene.pinsProgram.stop();

  await t.test('between two tries', async (t) => {
    await scene.node.logged('pins process lost, doors cannot open until it is back');
    t.same(await scene.node.stop(), { code: 0, signal: null });
    t.same(space.living(), []);
  });

  await t.test('while a try is not answered', async (t) => {
    const node = await space.startNode();
    const silent = await slowPins(path, 2 * WAIT_MS);
    await until(
      () => silent.asked.length > 0,
      () => 'the node tries again',
    );
    t.same(await node.stop(), { code: 0, signal: null });
    t.same(space.living(), []);
    await silent.stop();
  });

  await t.test('while what was recorded comes in too slowly: it leaves all the same', async (t) => {
    const node = await space.startNode();
    // All pages together take longer than a stop may, and each comes well within its own time.
    const slow = await slowPins(path, 0.5 * PINS_REPLY_MS_MAX);
    await until(
      () => slow.asked.includes('records 0'),
      () => `the node reads the records: ${slow.asked}`,
    );
    t.same(await node.stop(), { code: null, signal: 'SIGKILL' });
    await node.logged('stop took too long, leaving');
    await slow.stop();
    await until(
      () => space.living().length === 0,
      () => `nothing is left of it: ${JSON.stringify(space.living())}`,
    );
  });

  await space.startPins();
  await space.startNode();
  t.equal((await space.cli('verify')).code, 0, 'verify is clean');
});

for (const [name, program] of PINS) {
  t.test(`with ${name}`, async (t) => {
    const scene = await Scene.make(t, program);
    for (const [what, play] of Object.entries(SCENES)) {
      await scene.begin();
      await t.test(what, (t) => play(t, scene));
    }
    t.equal((await scene.space.cli('verify')).code, 0, 'verify is clean');
  });
}
