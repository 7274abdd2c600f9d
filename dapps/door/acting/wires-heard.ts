import type { AgentEvent } from '../../sdk/agent.ts';
import type { AgentNode } from '../../sdk/agent-node.ts';
import { Fault } from '../../sdk/fault.ts';
import { asObject, text } from '../../sdk/fields.ts';
import type { JsonObject } from '../../sdk/json.ts';
import type { Moment } from '../../sdk/moment.ts';
import type { State } from '../../sdk/state.ts';
import { type NamedDoor, parseDoor } from '../door-record.ts';
import { doorKey, inputKey, outputKey, readerKey } from '../keys.ts';
import { BELL_PAUSE_MS } from '../limits.ts';
import { useOf } from '../wires.ts';
import type { AlarmBook } from './alarm-book.ts';
import type { Contacts } from './contacts.ts';
import type { ExitButtons } from './exits.ts';
import { monotonicMs } from './releases.ts';
import { type Shown, sayEvent } from './shown.ts';

/** Devices of a board that are remembered; it has fewer. */
const DEVICES_MAX = 256;

interface WireParts {
  readonly alarms: AlarmBook;
  readonly contacts: Contacts;
  readonly exits: ExitButtons;
  readonly shown: Shown;
}

/**
 * What the board's inputs, outputs and readers say, brought to the door they belong to. Kept by topic, so that a door
 * that is added or changed finds out how its wires are; that alone opens nothing.
 */
export class WiresHeard {
  readonly #heard = new Map<string, JsonObject>();
  readonly #rang = new Map<string, number>();
  readonly #parts: WireParts;

  constructor(parts: WireParts) {
    this.#parts = parts;
  }

  /** Event `input/<name>`, `output/<name>` or `reader/<name>`. */
  async hear({ topic, payload, at }: AgentEvent, node: AgentNode): Promise<void> {
    this.#heard.delete(topic);
    if (this.#heard.size < DEVICES_MAX) this.#heard.set(topic, payload);
    await this.#tell(topic, payload, true, at, node);
  }

  /** Doors have changed: what was heard is told anew, and doors that lost a wire forget it. */
  async review(at: Moment, node: AgentNode): Promise<void> {
    const { contacts, exits, alarms } = this.#parts;
    for (const door of new Set([...contacts.doors, ...exits.doors])) {
      const found = await doorAt(node, door);
      if ((found?.door.exit ?? null) === null) await exits.letGo(door, null, at, node);
      if ((found?.door.contact ?? null) === null) await contacts.forget(door, at, node);
      if (found !== null && found.door.tamper === null) await alarms.end(door, 'tamper', at, node);
    }
    for (const [topic, payload] of this.#heard) {
      await this.#tell(topic, { ...payload, initial: true }, false, at, node);
    }
  }

  async #tell(topic: string, payload: JsonObject, mayOpen: boolean, at: Moment, node: AgentNode): Promise<void> {
    const [type = ''] = topic.split('/');
    const name = text(payload, type);
    if (topic !== `${type}/${name}`) throw new Fault('bad_field', `${type} ${name} arrived as ${topic}`);
    if (type === 'input') await this.#input(name, payload, mayOpen, at, node);
    else if (type === 'output') await this.#output(name, payload, at, node);
    else await this.#reader(name, payload, at, node);
  }

  async #input(input: string, payload: JsonObject, mayOpen: boolean, at: Moment, node: AgentNode): Promise<void> {
    // Somebody may want to get out: this does not stand in line behind anybody who wants to come in.
    const found = await doorNamed(node.urgently, inputKey(input));
    const { exits, contacts, alarms, shown } = this.#parts;
    const use = found === null ? null : useOf(found.door, input);
    if (found === null || use === null) return;
    const { name } = found;
    const isActive = typeof payload.active === 'boolean' ? payload.active : null;
    const event = text(payload, 'event');
    const atMs = monotonicMs(text(payload, 'atNs'));
    const isInitial = payload.initial === true;
    switch (use) {
      case 'exit':
        if (isActive !== true) return exits.letGo(name, atMs, at, node);
        if (mayOpen) await exits.press(found, { event, atMs }, at, node);
        return;
      case 'contact':
        await contacts.is(found, isActive, { event, atMs, isInitial }, at, node);
        return shown.is(name, { isOpen: isActive }, node);
      case 'tamper':
        if (isActive === true) await alarms.raise(name, 'tamper', event, at, node);
        else if (isActive === false) await alarms.end(name, 'tamper', at, node);
        return;
      case 'bell':
        if (isActive === true && !isInitial && this.#mayRing(name, atMs))
          await sayEvent(node, { type: 'bell', door: name });
    }
  }

  async #output(output: string, payload: JsonObject, at: Moment, node: AgentNode): Promise<void> {
    const found = await doorNamed(node, outputKey(output));
    if (found === null) return;
    const { alarms, shown } = this.#parts;
    const { name } = found;
    const event = text(payload, 'event');
    await shown.is(name, { isOn: typeof payload.on === 'boolean' ? payload.on : null }, node);
    if (payload.fault === undefined) return;
    if (payload.fault === 'welded') await alarms.raise(name, 'welded', event, at, node);
    else await alarms.end(name, 'welded', at, node);
    if (payload.fault === 'silent') await alarms.raise(name, 'jammed', event, at, node);
    else await alarms.end(name, 'jammed', at, node);
  }

  async #reader(reader: string, payload: JsonObject, at: Moment, node: AgentNode): Promise<void> {
    const found = await doorNamed(node, readerKey(reader));
    if (found === null) return;
    const { alarms } = this.#parts;
    const event = text(payload, 'event');
    for (const state of ['lost', 'babbling'] as const) {
      if (payload.state === state) await alarms.raise(found.name, `reader_${state}`, event, at, node);
      else await alarms.end(found.name, `reader_${state}`, at, node);
    }
  }

  #mayRing(door: string, atMs: number): boolean {
    const sinceMs = atMs - (this.#rang.get(door) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= 0 && sinceMs < BELL_PAUSE_MS) return false;
    this.#rang.set(door, atMs);
    return true;
  }
}

/** The door whose name stands at `key`. */
async function doorNamed(state: State, key: string): Promise<NamedDoor | null> {
  const name = await state.read(key);
  return typeof name === 'string' ? await doorAt(state, name) : null;
}

async function doorAt(state: State, name: string): Promise<NamedDoor | null> {
  const record = await state.read(doorKey(name));
  return record === null ? null : { name, door: parseDoor(asObject(record, 'the door')) };
}
