import type { AgentNode } from '../../sdk/agent-node.ts';
import type { Moment } from '../../sdk/moment.ts';
import { CallError } from '../../sdk/peer.ts';
import type { NamedDoor } from '../door-record.ts';
import type { AlarmBook } from './alarm-book.ts';
import type { ExitButtons } from './exits.ts';
import type { Keeper } from './keeper.ts';
import type { Releases } from './releases.ts';

/** Timers: a door has stood open for as long as it may. */
export const HELD_PREFIX = 'held/';
/** A door that is kept open by its hours is looked at again so much later. */
const KEPT_LOOK_MS = 60_000;

interface ContactParts {
  readonly releases: Releases;
  readonly alarms: AlarmBook;
  readonly keeper: Keeper;
  readonly exits: ExitButtons;
}

/** What a contact says. */
interface ContactEvent {
  readonly event: string;
  readonly atMs: number;
  /** How the contact is found, at a start or after the pins were gone, in place of a change that was seen. */
  readonly isInitial: boolean;
}

/**
 * Door contacts: a door that opens while nobody was let through is forced open; one that stays open for longer than
 * it may is held open. One that is found open is told as such, for nobody saw how it came about.
 */
export class Contacts {
  /** By door: whether it is open, and whether that was told as found. */
  readonly #doors = new Map<string, { readonly found: NamedDoor; isFound: boolean; isOpen: boolean | null }>();
  readonly #parts: ContactParts;

  constructor(parts: ContactParts) {
    this.#parts = parts;
  }

  get doors(): readonly string[] {
    return [...this.#doors.keys()];
  }

  /** @param isOpen null: nobody knows. */
  async is(
    found: NamedDoor,
    isOpen: boolean | null,
    contact: ContactEvent,
    at: Moment,
    node: AgentNode,
  ): Promise<void> {
    const { name } = found;
    const before = this.#doors.get(name);
    const wasOpen = before?.isOpen ?? null;
    this.#doors.set(name, { found, isOpen, isFound: isOpen !== false && (before?.isFound ?? false) });
    if (isOpen === true && wasOpen !== true) await this.#opened(found, wasOpen, contact, at, node);
    if (isOpen === true || wasOpen !== true) {
      if (isOpen === false) await this.#parts.alarms.end(name, 'held_open', at, node);
      return;
    }
    await node.schedule(`${HELD_PREFIX}${name}`, null);
    if (isOpen === false) await this.#parts.alarms.end(name, 'held_open', at, node);
  }

  /** The door has no contact any more. */
  async forget(door: string, at: Moment, node: AgentNode): Promise<void> {
    this.#doors.delete(door);
    await node.schedule(`${HELD_PREFIX}${door}`, null);
    await this.#parts.alarms.end(door, 'held_open', at, node);
  }

  /** The timer of a door is due. */
  async heldOpen(door: string, at: Moment, node: AgentNode): Promise<void> {
    const known = this.#doors.get(door);
    if (known?.isOpen !== true) return;
    if (this.#parts.keeper.keeps(door)) await node.schedule(`${HELD_PREFIX}${door}`, KEPT_LOOK_MS);
    else await this.#parts.alarms.raise(door, 'held_open', null, at, node);
  }

  async #opened(
    found: NamedDoor,
    wasOpen: boolean | null,
    { event, atMs, isInitial }: ContactEvent,
    at: Moment,
    node: AgentNode,
  ): Promise<void> {
    const { name, door } = found;
    const known = this.#doors.get(name);
    if (door.heldMs > 0) await node.schedule(`${HELD_PREFIX}${name}`, door.heldMs);
    if (isInitial || wasOpen === null) {
      if (known === undefined || known.isFound) return;
      known.isFound = true;
      await tellFound(name, event, at, node);
    } else if (!(await this.#isLetOpen(found, atMs, node))) {
      await this.#parts.alarms.raise(name, 'forced_open', event, at, node);
    }
  }

  async #isLetOpen({ name, door }: NamedDoor, atMs: number, node: AgentNode): Promise<boolean> {
    const { releases, keeper, exits } = this.#parts;
    if (releases.covers(name, atMs) || keeper.keeps(name) || exits.explains(name)) return true;
    // A stuck button keeps the output on; it must not excuse whoever forces the door.
    if (exits.isStuck(name)) return false;
    try {
      // Opened by an earlier life of this agent.
      return (await node.output(door.output)).on;
    } catch (error) {
      if (error instanceof CallError) return false;
      throw error;
    }
  }
}

async function tellFound(door: string, event: string, at: Moment, node: AgentNode): Promise<void> {
  try {
    await node.append('found.open', { door, event, clock: at.quality });
  } catch (error) {
    // What stands open is in the door's published state all the same.
    if (!(error instanceof CallError)) throw error;
  }
}
