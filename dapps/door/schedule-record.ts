import { textOrNull } from '../sdk/fields.ts';
import type { Hours } from '../sdk/hours.ts';
import { parseHours } from '../sdk/hours.ts';
import type { JsonObject } from '../sdk/json.ts';

/** Hours of a week at which a rule holds or a door is kept open. */
export interface Schedule {
  /** A POSIX TZ rule, such as `CET-1CEST,M3.5.0,M10.5.0/3`; null: the space's. */
  readonly zone: string | null;
  readonly hours: readonly Hours[];
  /** Whether it holds on holidays too. */
  readonly holidays: boolean;
}

/** What a space without a word about it takes. */
export const ZONE_DEFAULT = 'UTC0';

/** Does not look into `zone`. @throws Fault bad_hours, bad_field */
export function parseSchedule(from: JsonObject): Schedule {
  return { zone: textOrNull(from, 'zone'), hours: parseHours(from), holidays: from.holidays === true };
}
