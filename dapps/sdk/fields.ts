import { Fault } from './fault.ts';
import type { Json, JsonObject } from './json.ts';
import { isJsonObject } from './json.ts';

/**
 * Readers of fields out of JSON that came over the line: bodies the node has checked against the manifest, query
 * parameters nobody has checked, and records of the state. Each throws `Fault('bad_field')` that names the field, so
 * a schema and a program that have drifted apart end in a refusal with a code and never in `undefined`.
 */

function bad(name: string, wanted: string): Fault {
  return new Fault('bad_field', `${name} is not ${wanted}`);
}

export function text(from: JsonObject, name: string): string {
  const value = from[name];
  if (typeof value !== 'string') throw bad(name, 'text');
  return value;
}

export function textOrNull(from: JsonObject, name: string): string | null {
  return from[name] === undefined || from[name] === null ? null : text(from, name);
}

/** An integer within `min` and `max`, both included. */
export function integer(from: JsonObject, name: string, min: number, max: number): number {
  const value = from[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    throw bad(name, `an integer of ${min} to ${max}`);
  }
  return value;
}

export function boolean(from: JsonObject, name: string): boolean {
  const value = from[name];
  if (typeof value !== 'boolean') throw bad(name, 'true or false');
  return value;
}

export function list(from: JsonObject, name: string): readonly Json[] {
  const value = from[name];
  // Array.isArray narrows a readonly array to any[]; the annotation keeps the element type.
  if (!Array.isArray(value)) throw bad(name, 'a list');
  return value;
}

export function object(from: JsonObject, name: string): JsonObject {
  return asObject(from[name], name);
}

export function asObject(value: Json | undefined, name: string): JsonObject {
  if (!isJsonObject(value)) throw bad(name, 'an object');
  return value;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether a value may stand in a state key or a topic, as `id` wants it. */
export function isId(value: Json | undefined): value is string {
  return typeof value === 'string' && ID.test(value);
}

/**
 * A name that may stand in a state key or a topic: 1 to 64 of A-Z a-z 0-9 . _ - and no mark in front. Manifests have
 * no `pattern`, and without this check `a/b` would address a record of another kind.
 */
export function id(from: JsonObject, name: string): string {
  const value = text(from, name);
  if (!isId(value))
    throw new Fault('bad_id', `${name} is not 1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit`);
  return value;
}
