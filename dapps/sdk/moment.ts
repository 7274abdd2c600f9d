import { integer, text } from './fields.ts';
import type { JsonObject } from './json.ts';

/**
 * A time and how far it can be believed: `synced`, `peer`, `restored` or `unknown`. For a contract it is the time of
 * the merge, or the node's time while the entry is pending.
 */
export interface Moment {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly ms: number;
  readonly quality: string;
}

export function moment(from: JsonObject): Moment {
  return { ms: integer(from, 'ms', 0, Number.MAX_SAFE_INTEGER), quality: text(from, 'quality') };
}
