import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import type { PinsClient } from '../../src/devices/pins/client.ts';
import type { PinsRecord } from '../../src/devices/pins/protocol.ts';
import { buildPins } from '../devices/pins/build.ts';
import { type Program, until } from './program.ts';
import { DAPPS, furnish, LogReader, type LogRow, TestSpace } from './space-harness.ts';

/** `kill -9` of the node at its worst moments: doors close on time, and the ledger loses and doubles nothing. */

const NODE_WITH_DAPPS = join(import.meta.dirname, '../fixtures/node-with-dapps.ts');
const CARD = '0009362416';
const CARD_FRAME = Buffer.from('\x0200008EDBF0A5\x03', 'latin1');
/** Longer than it takes to kill a node, and, for the long door, to start it again: what happens in mid-pulse does. */
const OPEN_MS = 1_500;
const LONG_MS = 30_000;
const DOORS = [
  { name: 'front', openMs: OPEN_MS },
  { name: 'long', openMs: LONG_MS },
];
const CALL_MS = 20_000;

const PINS: readonly (readonly [name: string, program: string | undefined])[] = [
  ['the virtual pins process', undefined],
  ['the C pins process', buildPins('gpio_sim')],
];

/** A space with its pins process and a running node that knows CARD; several tests make it through one after another. */
class Scene {
  readonly space: TestSpace;
  readonly pins: PinsClient;
  readonly pinsProgram: Program;
  node: Program;
  readonly #ons: readonly string[];
  readonly #offs: readonly string[];
  /** Pulses and rows of earlier tests. */
  #onsBefore = 0;
  #rowsBefore = 0;

  private constructor(space: TestSpace, pins: PinsClient, pinsProgram: Program, node: Program, told: Told) {
    this.space = space;
    this.pins = pins;
    this.pinsProgram = pinsProgram;
    this.node = node;
    this.#ons = told.ons;
    this.#offs = told.offs;
  }

  static async make(t: Test, pinsProgramPath: string | undefined): Promise<Scene> {
    const options = pinsProgramPath === undefined ? {} : { pinsProgram: pinsProgramPath };
    const space = await TestSpace.make(t, { doors: DOORS.map(({ name }) => name), ...options });
    const pinsProgram = await space.startPins();
    const told: Told = { ons: [], offs: [] };
    const pins = await space.pins(({ id, end }) => (end === undefined ? told.ons : told.offs).push(id));
    const node = await space.startNode();
    await furnish(space, DOORS, [CARD]);
    return new Scene(space, pins, pinsProgram, node, told);
  }

  /** What was there is not looked at again. */
  async begin(): Promise<void> {
    this.#onsBefore = this.#ons.length;
    this.#rowsBefore += (await this.rows()).length;
  }

  /** A badge that was granted, acknowledged to whoever held it on. */
  async granted(door: string): Promise<JsonObject> {
    const control = await this.space.control();
    const fact = (await control.call('badge.test', { door, number: CARD }, CALL_MS)) as JsonObject;
    control.close();
    return fact;
  }

  /** The id of the first pulse of this test. */
  async pulsed(): Promise<string> {
    await until(
      () => this.#ons.length > this.#onsBefore,
      () => 'a pulse',
    );
    return this.#ons[this.#onsBefore] ?? '';
  }

  get hasPulsed(): boolean {
    return this.#ons.length > this.#onsBefore;
  }

  async ended(id: string): Promise<PinsRecord> {
    await until(
      () => this.#offs.includes(id),
      () => `the end of ${id}`,
    );
    const record = (await this.pins.records(0)).find((one) => one.id === id);
    if (record === undefined) throw new Error(`the pins process has no record of ${id}`);
    return record;
  }

  /** Starts the node again. @returns the facts of this test that speak of pulses. */
  async restarted(): Promise<readonly LogRow[]> {
    if (!this.node.hasEnded) await this.node.stop();
    this.node = await this.space.startNode();
    return await this.rows();
  }

  async rows(): Promise<readonly LogRow[]> {
    const control = await this.space.control();
    const rows = await new LogReader(control).catchUp();
    control.close();
    return rows.filter(({ kind }) => FACTS.includes(kind)).slice(this.#rowsBefore);
  }
}

const FACTS = ['granted', 'recovered', 'interrupted'];

interface Told {
  readonly ons: string[];
  readonly offs: string[];
}

function bodyOf({ id, output, onNs, offNs, end }: PinsRecord): JsonObject {
  return { pulse: id, output, onNs: `${onNs}`, offNs: `${offNs}`, end: `${end}` };
}

function summary(rows: readonly LogRow[]): readonly unknown[] {
  return rows.map(({ kind, body, outcome }) => [kind, body.pulse ?? body.fault, outcome.status]);
}

async function killedInMidPulse(t: Test, scene: Scene): Promise<void> {
  const pulse = String((await scene.granted('front')).pulse);
  const killedNs = process.hrtime.bigint();
  await scene.node.kill();
  const record = await scene.ended(pulse);
  t.match(record, { output: 'front-strike', kind: 'pulse', end: 'timer', owner: 'lost' });
  const openNs = (record.offNs ?? 0n) - record.onNs;
  t.ok(openNs >= BigInt(OPEN_MS) * 1_000_000n, `on for ${openNs} ns`);
  t.ok((record.offNs ?? 0n) > killedNs, 'it ended after the node had died');
  t.match(await scene.pins.list(), [{ name: 'front-strike', on: false, level: 'low' }]);

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

/** The door's own agent, but for an append that never begins. */
const FROZEN_AGENT = `
import { serveAgent } from '../sdk/agent.ts';
import { answerBadge } from './badge.ts';
import { KINDS, NAME, VERSION } from './identity.ts';
const frozen = (node) => new Proxy(node, {
  get: (of, name) => (name === 'append' ? () => new Promise(() => {}) : of[name].bind(of)),
});
const onEvent = { 'badge/+': (event, node) => answerBadge(event, frozen(node)) };
serveAgent({ name: NAME, version: VERSION, kinds: KINDS, onEvent });
`;

/** A node whose door opens and never writes it down. */
async function startFrozen(scene: Scene): Promise<Program> {
  await scene.node.stop();
  const dapps = join(scene.space.folder, 'dapps');
  cpSync(DAPPS, dapps, { recursive: true });
  writeFileSync(join(scene.space.folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(dapps, 'door/agent.ts'), FROZEN_AGENT);
  const node = scene.space.launch([scene.space.folder, dapps], NODE_WITH_DAPPS);
  await node.logged('node running');
  return node;
}

async function killedBeforeAppend(t: Test, scene: Scene): Promise<void> {
  const node = await startFrozen(scene);
  await scene.space.send('front', CARD_FRAME);
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
  const node = await startFrozen(scene);
  await scene.space.send('front', CARD_FRAME);
  const pulse = await scene.pulsed();
  const agent = scene.space.living().find(({ command }) => command.endsWith('agent.ts'));
  if (agent === undefined) throw new Error('the agent cannot be seen');
  process.kill(agent.pid, 'SIGKILL');
  const record = await scene.ended(pulse);
  t.match(record, { end: 'timer', owner: 'present' }, 'the node lives');
  await node.logged('pulse without a fact, recovered', { pulse });
  await node.stop();
  const rows = await scene.restarted();
  t.same(summary(rows), [['recovered', pulse, 'ok']]);
  t.same(rows[0]?.body, bodyOf(record));
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
  'a pulse that came after its time-out: the fact has a fault, the pulse is recovered': pulsedTooLate,
};

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
