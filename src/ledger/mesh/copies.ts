import { isJsonObject } from '../../base/json.ts';
import { COPIES_LEAST_MAX } from '../../base/limits-chunks.ts';
import type { Fields } from '../../format/fields.ts';
import type { Outcome } from '../outcome.ts';
import type { StateReader } from '../state.ts';
import { COPIES_KEY, MESH } from './keys.ts';

/** How many other boards are to hold a large thing before one lets it go, until an admin has said so. */
const LEAST_AT_FIRST = 0;

/** An admin decides it for the whole mesh: `{least}`. @throws body_invalid. */
export function applyCopiesSet(fields: Fields): Outcome {
  const least = fields.integer('least', 0, COPIES_LEAST_MAX);
  fields.end();
  return { ok: true, writes: [{ key: COPIES_KEY, value: { least } }] };
}

/** The rule of this state. */
export function leastCopies(state: StateReader): number {
  const rule = state.read(MESH, COPIES_KEY);
  return isJsonObject(rule) && typeof rule.least === 'number' ? rule.least : LEAST_AT_FIRST;
}
