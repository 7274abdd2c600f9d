import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import type { PinsClient } from '../../src/devices/pins/client.ts';
import type { PinsRecord } from '../../src/devices/pins/protocol.ts';
import { dappProcess } from './dapp-process.ts';
import { type Program, until } from './program.ts';
import { DAPPS, furnish, LogReader, type LogRow, TestSpace } from './space-harness.ts';

/** A space in which a node is killed and started again while its pins process lives on. */

const FIXTURES = join(import.meta.dirname, '../fixtures');
const NODE_WITH_DAPPS = join(FIXTURES, 'node-with-dapps.ts');
const CARD = '0009362416';
const CARD_FRAME = Buffer.from('\x0200008EDBF0A5\x03', 'latin1');
const OPEN_MS = 1_500;
/** Longer than it takes to kill a node on a machine that does little else than stand still: that happens in mid-pulse. */
export const SLOW_MS = 5_000;
/** And longer than it takes to start it again. */
const LONG_MS = 30_000;
const DOORS = [
  { name: 'front', openMs: OPEN_MS },
  { name: 'long', openMs: LONG_MS },
  { name: 'slow', openMs: SLOW_MS },
];
const CALL_MS = 20_000;

/** A space with its pins process and a running node that knows CARD; several tests make it through one after another. */
export class Scene {
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

  async badge(door: string): Promise<void> {
    await this.space.send(door, CARD_FRAME);
  }

  /** The process of the door's agent. */
  async agentPid(): Promise<number> {
    return await dappProcess(this.space, 'agent.ts', 'door');
  }

  /** A node whose door opens and never writes it down; its agent says `pulse` when it has asked for one. */
  async startFrozen(): Promise<Program> {
    await this.node.stop();
    const dapps = join(this.space.folder, 'dapps');
    cpSync(DAPPS, dapps, { recursive: true });
    writeFileSync(join(this.space.folder, 'package.json'), '{ "type": "module" }');
    cpSync(join(dapps, 'door/agent.ts'), join(dapps, 'door/thawed.ts'));
    cpSync(join(FIXTURES, 'frozen-agent.ts'), join(dapps, 'door/agent.ts'));
    const node = this.space.launch([this.space.folder, dapps], NODE_WITH_DAPPS);
    await node.logged('node running');
    await node.logged('pins process connected');
    this.node = node;
    return node;
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
