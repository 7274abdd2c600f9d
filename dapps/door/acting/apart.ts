import type { AgentNode } from '../../sdk/agent-node.ts';
import { asObject, integer, text } from '../../sdk/fields.ts';
import type { Json } from '../../sdk/json.ts';
import { CallError } from '../../sdk/peer.ts';
import type { State } from '../../sdk/state.ts';
import type { Evidence } from '../decision/evidence.ts';
import { seenKey } from '../keys.ts';
import { APART_MS_MIN } from '../limits.ts';
import type { Memory, Sighting } from './memory.ts';
import { sayEvent } from './shown.ts';

/** A card that was at another door just before: it is a copy, or two people share it. */
interface Apart {
  readonly door: string;
  /** Where it was before. */
  readonly other: string;
  readonly member: string;
  readonly badge: string;
}

/** One card is told of at most once in so long. */
const TOLD_AGAIN_MS = 60_000;

/**
 * Remembers where this card is now, and finds out whether it can have come here from where it was. It decides nothing:
 * which of the two is the copy, nobody knows. Without a clock, or with one that was set back, nothing is told. Call it
 * before the facts of this presentation, which the state will tell of too; it does not hold them up.
 */
export async function cardApart({ found, card, at }: Evidence, memory: Memory, state: State): Promise<Apart | null> {
  if (found === null || card.type !== 'member' || at.quality === 'unknown') return null;
  const { member, badge } = card.person;
  if (badge === null) return null;
  const now = { door: found.name, ms: at.ms };
  const ours = memory.sees(member, badge, now);
  const stated = parseSighting(await readOrNull(state, seenKey(member, badge)));
  const before = ours === null || (stated !== null && stated.ms > ours.ms) ? stated : ours;
  if (before === null || !isApart(before, now) || !memory.mayAlert(member, badge, at, TOLD_AGAIN_MS)) return null;
  return { door: found.name, other: before.door, member, badge };
}

/** Nobody waits for this before the door has opened, so a node that cannot answer must not be an error by itself. */
async function readOrNull(state: State, key: string): Promise<Json> {
  try {
    return await state.read(key);
  } catch (error) {
    if (error instanceof CallError) return null;
    throw error;
  }
}

function parseSighting(record: Json): Sighting | null {
  if (record === null) return null;
  const from = asObject(record, 'a sighting');
  return { door: text(from, 'door'), ms: integer(from, 'ms', 0, Number.MAX_SAFE_INTEGER) };
}

function isApart(before: Sighting, now: Sighting): boolean {
  // Clocks of two boards differ a little, either way.
  return before.door !== now.door && Math.abs(now.ms - before.ms) < APART_MS_MIN;
}

export async function tellApart(apart: Apart, event: string, { at }: Evidence, node: AgentNode): Promise<void> {
  await node.append('alert', { alert: 'implausible', ...apart, event, clock: at.quality });
  await sayEvent(node, { type: 'alarm', door: apart.door, alarm: 'implausible', other: apart.other, on: true });
}
