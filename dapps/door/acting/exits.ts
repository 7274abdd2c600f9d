import type { AgentNode } from '../../sdk/agent-node.ts';
import type { Moment } from '../../sdk/moment.ts';
import { CallError } from '../../sdk/peer.ts';
import type { NamedDoor } from '../door-record.ts';
import { EXIT_LOOK_MS, EXIT_MS_MIN, EXIT_STUCK_MS } from '../limits.ts';
import type { AlarmBook } from './alarm-book.ts';
import type { Keeper } from './keeper.ts';
import { openDoor } from './opening.ts';
import type { Releases } from './releases.ts';
import { sayEvent } from './shown.ts';

/** Timers: while a button is pressed, and until what it holds is let go. */
export const EXIT_PREFIX = 'exit/';

/** One exit button that is pressed, or was until just now. */
interface Press {
  readonly found: NamedDoor;
  isPressed: boolean;
  /** Looks at the output since it was pressed. */
  looks: number;
  /** Whether we hold the output, beyond the pulse of the press. */
  isHeld: boolean;
}

/** What an exit button needs to know of an event. */
interface PressEvent {
  readonly event: string;
  /** On the monotonic clock. */
  readonly atMs: number;
}

/**
 * Exit buttons: a way out is free, whoever has locked down or disabled the door. A press opens by a pulse; while the
 * button stays pressed the output is held whenever it is found off. After EXIT_STUCK_MS it counts as stuck: it is an
 * alarm, the way out stays open, and the button no longer explains why the door is opened.
 */
export class ExitButtons {
  readonly #presses = new Map<string, Press>();
  /** By door: when a press last opened it or was told, on the monotonic clock. */
  readonly #opened = new Map<string, { readonly atMs: number; readonly isMoved: boolean }>();
  readonly #parts: { readonly releases: Releases; readonly alarms: AlarmBook; readonly keeper: Keeper };

  constructor(parts: { readonly releases: Releases; readonly alarms: AlarmBook; readonly keeper: Keeper }) {
    this.#parts = parts;
  }

  /** Doors of which a button is, or was just now, pressed. */
  get doors(): readonly string[] {
    return [...this.#presses.keys()];
  }

  /** Whether the button explains that the door is opened now. */
  explains(door: string): boolean {
    const press = this.#presses.get(door);
    return press !== undefined && !this.isStuck(door);
  }

  isStuck(door: string): boolean {
    const press = this.#presses.get(door);
    return press?.isPressed === true && press.looks * EXIT_LOOK_MS >= EXIT_STUCK_MS;
  }

  /** The button is pressed. */
  async press(found: NamedDoor, { event, atMs }: PressEvent, at: Moment, node: AgentNode): Promise<void> {
    const { name } = found;
    const before = this.#presses.get(name);
    if (before?.isPressed === true) return;
    this.#presses.set(name, { found, isPressed: true, looks: 0, isHeld: before?.isHeld ?? false });
    await this.#open(found, { event, atMs }, at, node);
    await node.schedule(`${EXIT_PREFIX}${name}`, EXIT_LOOK_MS);
  }

  /** The button is let go at `atMs` of the monotonic clock, or is an exit button no longer (null). */
  async letGo(door: string, atMs: number | null, at: Moment, node: AgentNode): Promise<void> {
    const press = this.#presses.get(door);
    if (press?.isPressed === true) {
      press.isPressed = false;
      // Whoever pressed it for long has yet to pull the door.
      const { openMs } = press.found.door;
      if (press.isHeld && atMs !== null) this.#parts.releases.ended(door, atMs + openMs);
      if (press.isHeld) await node.schedule(`${EXIT_PREFIX}${door}`, openMs);
      else await this.#forget(door, node);
    }
    await this.#parts.alarms.end(door, 'exit_stuck', at, node);
  }

  /** The timer of a door is due. */
  async look(door: string, at: Moment, node: AgentNode): Promise<void> {
    const press = this.#presses.get(door);
    if (press === undefined) return;
    const { output } = press.found.door;
    if (!press.isPressed) {
      await this.#forget(door, node);
      if (press.isHeld && !this.#parts.keeper.keeps(door)) await tried(() => node.release(output));
      return;
    }
    press.looks += 1;
    await node.schedule(`${EXIT_PREFIX}${door}`, EXIT_LOOK_MS);
    await tried(async () => {
      const { on } = await node.output(output);
      if (on) return;
      await node.hold(output);
      press.isHeld = true;
    });
    if (this.isStuck(door)) await this.#parts.alarms.raise(door, 'exit_stuck', null, at, node);
  }

  async #open(found: NamedDoor, { event, atMs }: PressEvent, at: Moment, node: AgentNode): Promise<void> {
    const { name, door } = found;
    const before = this.#opened.get(name);
    const sinceMs = before === undefined ? Number.POSITIVE_INFINITY : atMs - before.atMs;
    const isTold = sinceMs >= 0 && sinceMs < EXIT_MS_MIN;
    // The pulse of the last press still runs.
    if (isTold && before?.isMoved === true) return;
    const opening = await openDoor(node, found, this.#parts.releases, Math.max(door.openMs, EXIT_MS_MIN));
    const isMoved = 'pulse' in opening;
    this.#opened.set(name, { atMs: isTold && !isMoved ? (before?.atMs ?? atMs) : atMs, isMoved });
    if (isTold && !isMoved) return;
    await node.append('opened', {
      ...{ door: name, by: 'exit', rule: 'exit-button', ...opening, event, clock: at.quality },
    });
    await sayEvent(node, { type: 'opened', door: name, by: 'exit' });
  }

  async #forget(door: string, node: AgentNode): Promise<void> {
    this.#presses.delete(door);
    await node.schedule(`${EXIT_PREFIX}${door}`, null);
  }
}

/** Pins that are gone have let go anyway, and the next look tries again. */
async function tried(move: () => Promise<void>): Promise<void> {
  try {
    await move();
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
  }
}
