import { join } from 'node:path';
import type { JsonObject } from '../../src/base/json.ts';
import { type Program, WAIT_MS } from '../node/program.ts';
import { DAPPS, furnish, LogReader, type LogRow, TestSpace } from '../node/space-harness.ts';

/** A board with wired doors, on which things go wrong: real processes, real sockets, virtual pins. */

/** Ada's cards: the same one within half a second counts as lying there still, so they take turns. */
const CARDS = ['0009362416', '0000000004'] as const;
/** As an RDM6300 sends the first of them. */
export const CARD_FRAME = Buffer.from('\x0200008EDBF0A5\x03', 'latin1');
export const OPEN_MS = 300;
const FIXTURE = join(import.meta.dirname, '../fixtures/node-with-dapps.ts');

interface Cleaner {
  teardown(task: () => Promise<void>): void;
}

export class HazardScene {
  readonly space: TestSpace;
  pins: Program;
  node: Program;
  #log: LogReader | null = null;
  #from = 0;
  #badges = 0;

  private constructor(space: TestSpace, pins: Program, node: Program) {
    this.space = space;
    this.pins = pins;
    this.node = node;
  }

  /** Doors `front` (exit button, contact, tamper switch), `back`, and `weld` with a feedback; Ada may enter. */
  static async make(t: Cleaner): Promise<HazardScene> {
    const space = await TestSpace.make(t, {
      doors: ['front', 'back', 'weld'],
      wired: ['front'],
      fedBack: ['weld'],
      longestMs: { front: 10_000 },
    });
    const pins = await space.startPins();
    const node = await space.startNode();
    const doors = [
      { name: 'front', openMs: OPEN_MS },
      { name: 'back', openMs: OPEN_MS },
      { name: 'weld', openMs: OPEN_MS },
    ];
    await furnish(space, doors, CARDS);
    const scene = new HazardScene(space, pins, node);
    const wires = { exit: 'front-exit', contact: 'front-contact', tamper: 'front-tamper', heldMs: 60_000 };
    await scene.call('door.edit', { door: 'front', ...wires });
    return scene;
  }

  /** Calls the node as the CLI would. */
  async call(method: string, params: JsonObject): Promise<JsonObject> {
    const control = await this.space.control();
    try {
      return (await control.call(method, params, WAIT_MS)) as JsonObject;
    } finally {
      control.close();
    }
  }

  /** Starts the node again as it was, or with `words` that change the world around it. */
  async restart(...words: readonly string[]): Promise<void> {
    if (!this.node.hasEnded) await this.node.stop();
    this.#log = null;
    if (words.length === 0) {
      this.node = await this.space.startNode();
      return;
    }
    this.node = this.space.launch([this.space.folder, DAPPS, ...words], FIXTURE);
    await this.node.logged('node running');
  }

  /** From here on rows count. */
  async begin(): Promise<void> {
    this.#from = (await (await this.#reader()).catchUp()).length;
  }

  /** The first row since `begin` of this kind with these fields in its body, there already or yet to come. */
  async row(kind: string, fields: JsonObject = {}): Promise<LogRow> {
    const reader = await this.#reader();
    return await reader.row((row) => row.kind === kind && isWithin(fields, row.body), this.#from);
  }

  /** Kinds of all rows since `begin`, alarms with their name and whether they began. */
  async kinds(): Promise<readonly string[]> {
    const rows = (await (await this.#reader()).catchUp()).slice(this.#from);
    return rows.map(({ kind, body }) => (kind === 'alarm' ? `${String(body.alarm)} ${String(body.on)}` : kind));
  }

  /** Held on as a person does, one of Ada's cards if no other; answered with what was decided. */
  badge(door: string, number?: string): Promise<JsonObject> {
    this.#badges += 1;
    return this.call('badge.test', { door, number: number ?? CARDS[this.#badges % CARDS.length] ?? '' });
  }

  /** Whether the output of a door is on, as the pins process says. */
  async isOn(door: string): Promise<boolean> {
    const { outputs } = await this.call('node.status', {});
    const output = (outputs as readonly JsonObject[]).find(({ name }) => name === `${door}-strike`);
    return output?.on === true;
  }

  async alarms(door: string): Promise<readonly string[]> {
    const { alarms } = await this.call('door.show', { door });
    return (alarms as readonly JsonObject[]).map(({ alarm }) => String(alarm));
  }

  /** A reader of its own life of the node, that has seen whatever was there before. */
  async #reader(): Promise<LogReader> {
    this.#log ??= new LogReader(await this.space.control());
    await this.#log.catchUp();
    return this.#log;
  }
}

function isWithin(fields: JsonObject, body: JsonObject): boolean {
  return Object.entries(fields).every(([name, value]) => body[name] === value);
}
