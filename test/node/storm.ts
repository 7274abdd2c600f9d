import type { JsonObject } from '../../src/base/json.ts';
import { parseCredential } from '../../src/devices/credential-text.ts';
import type { PinsClient } from '../../src/devices/pins/client.ts';
import type { PinsRecord } from '../../src/devices/pins/protocol.ts';
import { encodeFrame } from '../../src/devices/rdm6300/frame.ts';
import type { RpcPeer } from '../../src/sandbox/peer.ts';
import type { Program } from './program.ts';
import { type Seeded, seeded } from './seeded.ts';
import type { TestDoor, TestSpace } from './space-harness.ts';

/** Badges at every door and commands at the console, at once, until the node is killed; again and again. */

interface StormDoor extends TestDoor {
  /** Two cards or more, that take turns: the same again within half a second is no new presentation. */
  readonly cards: readonly string[];
}

/** What the node has answered: each of these must be in the ledger whatever happens afterwards. */
interface Acknowledged {
  /** Facts by the id of their badge event. */
  readonly facts: Map<string, { readonly kind: string; readonly body: JsonObject }>;
  /** Blocks of commands, with the member each added. */
  readonly commands: Map<string, string>;
}

/**
 * When the node dies: after so many things that can be seen from outside (a line of its log, an answer, an output
 * that goes on or off, a badge sent), and then a little later. The first lines come before it runs.
 */
interface Moment {
  readonly events: number;
  readonly laterMs: number;
}

/** A reader takes 16 badges at once; below that nothing is dropped, whatever the pace. */
const BADGES_A_LIFE_MAX = 15;
const CALL_MS = 20_000;

export class Storm {
  readonly acknowledged: Acknowledged = { facts: new Map(), commands: new Map() };
  /** By sequence number: everything the pins process ever did. */
  readonly records = new Map<number, PinsRecord>();
  readonly #space: TestSpace;
  readonly #doors: readonly StormDoor[];
  readonly #moments: Seeded;
  readonly #badges: Seeded;
  #pins: PinsClient | null = null;
  /** Badges presented at each door, over all lives. */
  readonly #presented = new Map<string, number>();
  #onEvent: () => void = () => {};
  #isOver = false;
  #members = 0;

  private constructor(space: TestSpace, doors: readonly StormDoor[], seed: number) {
    this.#space = space;
    this.#doors = doors;
    // Of their own, so that the order in which answers come does not move the moments.
    this.#moments = seeded(seed);
    this.#badges = seeded(seed + 1);
  }

  static async prepare(space: TestSpace, doors: readonly StormDoor[], seed: number): Promise<Storm> {
    const storm = new Storm(space, doors, seed);
    storm.#pins = await space.pins(() => storm.#onEvent());
    return storm;
  }

  /** One life of the node, from its start to `kill -9`. */
  async life(): Promise<void> {
    const random = this.#moments;
    // One in eight dies while it starts; most of a life's events are badges and what follows from them.
    const moment: Moment = {
      events: random(8) === 0 ? 1 + random(6) : 7 + random(150),
      laterMs: random(3) === 0 ? random(4) : 0,
    };
    const { promise: dying, resolve: die } = Promise.withResolvers<void>();
    let events = 0;
    this.#isOver = false;
    const node = this.#space.launch(['run']);
    this.#onEvent = () => {
      events += 1;
      if (events === moment.events) die();
    };
    node.onChange(() => this.#onEvent());
    const raging = this.#rage(node, die);
    raging.catch(die);
    await dying;
    if (moment.laterMs > 0) await new Promise((resolve) => setTimeout(resolve, moment.laterMs));
    this.#isOver = true;
    const { code, signal } = await node.kill();
    if (signal !== 'SIGKILL') throw new Error(`the node ended by itself, code ${code}: ${node.stderr}`);
    await raging;
    await this.readRecords();
  }

  /** Takes over what the pins process has recorded, before its ring forgets it. */
  async readRecords(): Promise<void> {
    const open = [...this.records.values()].filter(({ end }) => end === undefined).map(({ seq }) => seq);
    const since = Math.min(...open, Math.max(0, ...this.records.keys()) + 1) - 1;
    for (const record of (await this.#pins?.records(since)) ?? []) this.records.set(record.seq, record);
  }

  /** Ends when the node is gone. */
  async #rage(node: Program, die: () => void): Promise<void> {
    try {
      await node.logged('node running');
    } catch {
      // Killed before it ran; or it ended by itself, which its exit tells.
      die();
      return;
    }
    const control = await this.#space.control().catch(() => null);
    if (control === null) {
      die();
      return;
    }
    const commands = [0, 1].map(() => this.#untilOver(() => this.#addMember(control)));
    const badges = this.#doors.map(async (door) => {
      for (let count = 0; count < BADGES_A_LIFE_MAX; count += 1) {
        if (!(await this.#attempt(() => this.#present(control, door)))) return;
      }
    });
    await Promise.all([...commands, ...badges]);
  }

  async #untilOver(task: () => Promise<void>): Promise<void> {
    while (await this.#attempt(task));
  }

  /** False once the node is gone. */
  async #attempt(task: () => Promise<void>): Promise<boolean> {
    try {
      await task();
    } catch (error) {
      if (this.#isOver) return false;
      throw error;
    }
    this.#onEvent();
    return !this.#isOver;
  }

  async #addMember(control: RpcPeer): Promise<void> {
    this.#members += 1;
    const answer = (await control.call('member.add', { name: `Member ${this.#members}` }, CALL_MS)) as JsonObject;
    this.acknowledged.commands.set(String(answer.block), String(answer.member));
  }

  /** Two of three badges go through `badge test`, whose answer acknowledges; the third is bytes and nothing else. */
  async #present(control: RpcPeer, { name, cards }: StormDoor): Promise<void> {
    const count = this.#presented.get(name) ?? 0;
    this.#presented.set(name, count + 1);
    const number = cards[count % cards.length] ?? '';
    if (this.#badges(3) === 0) {
      await this.#space.send(name, encodeFrame(parseCredential(number).value), false);
      return;
    }
    const { result, output, ...body } = (await control.call(
      'badge.test',
      { door: name, number },
      CALL_MS,
    )) as JsonObject;
    this.acknowledged.facts.set(String(body.event), { kind: String(result), body });
  }
}
