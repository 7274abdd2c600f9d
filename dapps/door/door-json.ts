import type { JsonObject } from '../sdk/json.ts';
import type { Door } from './door-record.ts';
import { withoutNone } from './wires.ts';

/** A door as the state keeps it. */
export function doorRecord(door: Door): JsonObject {
  return withoutNone(toldDoor(door));
}

/** Plain JSON of a door, with every field. */
export function toldDoor({ passback, allow, ...rest }: Door): JsonObject {
  return {
    ...rest,
    allow: allow.map(({ who, schedule }) => ({ who, schedule })),
    passback: passback === null ? null : { area: passback.area, ms: passback.ms },
  };
}
