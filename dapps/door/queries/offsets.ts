import { Fault } from '../../sdk/fault.ts';
import { asObject, integer, text } from '../../sdk/fields.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import type { State } from '../../sdk/state.ts';
import { localTime, parseZone, type Zone } from '../../sdk/zone.ts';
import { SPACE_KEY } from '../keys.ts';
import { ZONE_DEFAULT } from '../schedule-record.ts';

const DAY_MS = 86_400_000;
const SPAN_MS_MAX = 400 * DAY_MS;
/** As far as `localTime` reaches. */
const INSTANT_MS_MAX = 100_000_000 * DAY_MS;

/**
 * Query `offsets {from, until}`: `{zone, offsets: [{from, minutes}]}`, what the space's clocks show ahead of UTC, in
 * minutes, from each moment on, the first from `from`. Whoever shows times to people asks here, so that all go by the
 * one reckoning by which doors decide. At most 400 days at once; changes that are undone within a day go unseen.
 * Code: bad_span.
 */
export async function answerOffsets(params: JsonObject, state: State): Promise<Json> {
  const from = integer(params, 'from', -INSTANT_MS_MAX, INSTANT_MS_MAX);
  const until = integer(params, 'until', -INSTANT_MS_MAX, INSTANT_MS_MAX);
  if (until <= from || until - from > SPAN_MS_MAX) throw new Fault('bad_span', 'until is up to 400 days after from');
  const record = await state.read(SPACE_KEY);
  const zoneText = record === null ? ZONE_DEFAULT : text(asObject(record, 'the space'), 'zone');
  return { zone: zoneText, offsets: offsetsIn(parseZone(zoneText), from, until) };
}

function offsetsIn(zone: Zone, from: number, until: number): { from: number; minutes: number }[] {
  const offsets = [{ from, minutes: minutesAt(zone, from) }];
  for (let at = from; at < until; at += DAY_MS) {
    const end = Math.min(at + DAY_MS, until);
    const minutes = minutesAt(zone, end);
    if (minutes !== minutesAt(zone, at)) offsets.push({ from: firstWith(zone, minutes, at, end), minutes });
  }
  return offsets;
}

/** The first moment after `before` with the offset that holds at `after`, by halving. */
function firstWith(zone: Zone, minutes: number, before: number, after: number): number {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (minutesAt(zone, middle) === minutes) high = middle;
    else low = middle;
  }
  return high;
}

function minutesAt(zone: Zone, ms: number): number {
  return localTime(zone, ms).offsetMinutes;
}
