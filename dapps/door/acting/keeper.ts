import type { AgentNode } from '../../sdk/agent-node.ts';
import type { Moment } from '../../sdk/moment.ts';
import { CallError } from '../../sdk/peer.ts';
import { decideKept } from '../decision/keep.ts';
import { readCalendar, readDoorSide } from '../door-side.ts';
import { LOCKDOWN_PREFIX } from '../keys.ts';
import { standingEntries } from '../standing-denials.ts';
import { keptDoors, tellKept } from './kept.ts';
import type { Memory } from './memory.ts';

/** The node's answer for an output of another board, which keeps its own doors. */
export const NOT_OURS = 'unknown_output';
const MINUTE_MS = 60_000;
/** After an output's longest time it is off; then it can be held anew. */
const RENEW_AFTER_MS = 50;
/** The longest a timer may wait. */
const TIMER_MS_MAX = 24 * 60 * 60 * 1000;

/** Timers: every minute, for hours have no smaller unit; and for each held output after its longest time. */
export const MINUTE_TIMER = 'minute';
const RENEW_PREFIX = 'renew/';

/**
 * Keeps doors open in their hours. An output goes off its safe level here on the agent's own timer alone; whatever
 * arrives can only bring it back. Kept in memory alone: a new agent begins with nothing held and finds out on its
 * first minute.
 */
export class Keeper {
  readonly #memory: Memory;
  /** By door: the output that is held, and whether the last hold failed. */
  readonly #held = new Map<string, { readonly output: string; readonly fault: string | null }>();
  /** Doors whose hours have ended within this minute: who opens one now was late, no burglar. */
  readonly #lately = new Set<string>();
  #running: Promise<void> = Promise.resolve();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Begins to keep hours, at once. */
  async start(node: AgentNode): Promise<void> {
    await node.schedule(MINUTE_TIMER, 1);
  }

  /** Whether the door stands open by its hours, or did within this minute. */
  keeps(door: string): boolean {
    return this.#held.get(door)?.fault === null || this.#lately.has(door);
  }

  /** The minute is over: opens and shuts what is due. */
  async minute(at: Moment, node: AgentNode): Promise<void> {
    this.#lately.clear();
    // First of all, so that nothing that fails here stops the clock.
    await node.schedule(MINUTE_TIMER, MINUTE_MS - (at.ms % MINUTE_MS));
    await this.#review(at, node, true);
  }

  /** An output's longest time is over: it is held anew if its hours go on. */
  async renew(at: Moment, node: AgentNode): Promise<void> {
    await this.#review(at, node, true);
  }

  /** Doors, schedules or holidays changed: shuts what is no longer kept, and opens nothing. */
  async changed(at: Moment, node: AgentNode): Promise<void> {
    if (this.#held.size > 0) await this.#review(at, node, false);
  }

  /** A door was shut by order; tells whether it was kept open. */
  async shut(door: string, rule: string, at: Moment, node: AgentNode): Promise<void> {
    const was = this.#held.get(door);
    this.#held.delete(door);
    if (was !== undefined && was.fault === null) await tellKept(node, door, false, rule, at);
  }

  /** One after the other: two at once would hold and release the same output. */
  #review(at: Moment, node: AgentNode, mayOpen: boolean): Promise<void> {
    const review = this.#running.then(() => this.#reviewNow(at, node, mayOpen));
    this.#running = review.catch(() => undefined);
    return review;
  }

  async #reviewNow(at: Moment, node: AgentNode, mayOpen: boolean): Promise<void> {
    const doors = new Set([...(await keptDoors(node)), ...this.#held.keys()]);
    for (const door of doors) await this.#reviewDoor(door, at, node, mayOpen);
  }

  async #reviewDoor(door: string, at: Moment, node: AgentNode, mayOpen: boolean): Promise<void> {
    const { value, isCurrent } = await this.#memory.steadily(async () => {
      const [side, calendar, lockdown] = await Promise.all([
        readDoorSide(node, Promise.resolve(door)),
        readCalendar(node, at),
        standingEntries(node, LOCKDOWN_PREFIX),
      ]);
      return { output: side.found?.door.output ?? null, ...decideKept({ at, ...side, calendar, lockdown }) };
    });
    const { output, isKept, rule } = value;
    const held = this.#held.get(door);
    if (held !== undefined && (!isKept || output !== held.output))
      await this.#release(door, held.output, rule, at, node);
    if (isKept && output !== null && mayOpen && isCurrent()) await this.#hold(door, output, rule, at, node);
  }

  async #hold(door: string, output: string, rule: string, at: Moment, node: AgentNode): Promise<void> {
    const before = this.#held.get(door);
    try {
      const { on, longestMs } = await node.output(output);
      if (on && before?.fault === null) return;
      await node.hold(output);
      await node.schedule(`${RENEW_PREFIX}${door}`, Math.min(longestMs + RENEW_AFTER_MS, TIMER_MS_MAX));
      this.#held.set(door, { output, fault: null });
      // Held anew after its longest time, it has not begun again.
      if (before?.fault !== null) await tellKept(node, door, true, rule, at);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (error.code === NOT_OURS) return;
      this.#held.set(door, { output, fault: error.code });
      if (before?.fault !== error.code) await tellKept(node, door, true, rule, at, error.code);
    }
  }

  async #release(door: string, output: string, rule: string, at: Moment, node: AgentNode): Promise<void> {
    try {
      await node.release(output);
    } catch (error) {
      // A pins process that is gone has let go of what we held; the next minute tries again in any case.
      if (!(error instanceof CallError)) throw error;
      return;
    }
    if (this.#held.get(door)?.fault === null) this.#lately.add(door);
    await this.shut(door, rule, at, node);
  }
}
