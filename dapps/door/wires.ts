import { Fault } from '../sdk/fault.ts';
import { id, integer, textOrNull } from '../sdk/fields.ts';
import type { JsonObject } from '../sdk/json.ts';
import { HELD_MS_MAX, HELD_MS_MIN } from './limits.ts';

/** What an input of the board can be to a door. */
const USES = ['exit', 'contact', 'tamper', 'bell'] as const;
export type Use = (typeof USES)[number];

/** The inputs of a door, each by its name in blockmesh.toml or null. */
export interface Wires extends Readonly<Record<Use, string | null>> {
  /** How long the contact may say open before that is an alarm; 0: for ever. */
  readonly heldMs: number;
}

export const NO_WIRES: Wires = { exit: null, contact: null, tamper: null, bell: null, heldMs: 0 };

/** The wires of a door as the state has them; versions before 0.3.0 knew none. */
export function parseWires(from: JsonObject): Wires {
  return {
    exit: textOrNull(from, 'exit'),
    contact: textOrNull(from, 'contact'),
    tamper: textOrNull(from, 'tamper'),
    bell: textOrNull(from, 'bell'),
    heldMs: from.heldMs === undefined ? 0 : integer(from, 'heldMs', 0, HELD_MS_MAX),
  };
}

/** The wires with what `body` names put in their place. @throws Fault bad_field, bad_id */
export function changedWires(was: Wires, body: JsonObject): Wires {
  const wire = (use: Use): string | null => {
    const given = body[use];
    if (given === undefined) return was[use];
    return given === null ? null : id(body, use);
  };
  const wires = { exit: wire('exit'), contact: wire('contact'), tamper: wire('tamper'), bell: wire('bell') };
  const inputs = inputsOf(wires);
  const twice = inputs.find((input, at) => inputs.indexOf(input) !== at);
  if (twice !== undefined) throw new Fault('bad_field', `input ${twice} is given twice: one wire says one thing`);
  return { ...wires, heldMs: body.heldMs === undefined ? was.heldMs : readHeldMs(body) };
}

/** A door's record without the wires it does not have: it then stands in the state as earlier versions wrote it. */
export function withoutNone(record: JsonObject): JsonObject {
  const none: JsonObject = { ...NO_WIRES };
  return Object.fromEntries(Object.entries(record).filter(([name, value]) => none[name] !== value));
}

/** The names of the inputs a door has. */
export function inputsOf(wires: Pick<Wires, Use>): readonly string[] {
  return USES.map((use) => wires[use]).filter((input) => input !== null);
}

/** What an input is to the door; null: nothing (any more). */
export function useOf(wires: Wires, input: string): Use | null {
  return USES.find((use) => wires[use] === input) ?? null;
}

function readHeldMs(body: JsonObject): number {
  return body.heldMs === 0 ? 0 : integer(body, 'heldMs', HELD_MS_MIN, HELD_MS_MAX);
}
