import { Fault } from './fault.ts';
import { asObject, integer, list } from './fields.ts';
import type { Json, JsonObject } from './json.ts';
import type { LocalTime } from './zone.ts';

/**
 * Hours of a week, on the local clock. `from` and `to` are minutes after midnight of each of `days` (1 is Monday),
 * `to` not included and above 1440 where the hours pass midnight: Friday 20:00 to Saturday 02:00 is
 * `{days: [5], from: 1200, to: 1560}`.
 */
export type Hours = {
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
};

const MINUTES_A_DAY = 24 * 60;
const HOURS_MAX = 32;

/** The field `hours`: at most 32, plain copies of what was sent. @throws Fault bad_hours, bad_field */
export function parseHours(from: JsonObject): readonly Hours[] {
  const hours = list(from, 'hours').map(parseSpan);
  if (hours.length > HOURS_MAX) throw new Fault('bad_hours', `there are at most ${HOURS_MAX} hours`);
  return hours;
}

/** Whether the local clock shows a time within `hours`. */
export function isWithinHours(hours: readonly Hours[], { weekday, minuteOfDay }: LocalTime): boolean {
  const yesterday = weekday === 1 ? 7 : weekday - 1;
  return hours.some(({ days, from, to }) => {
    if (days.includes(weekday) && from <= minuteOfDay && minuteOfDay < to) return true;
    // Hours that began yesterday and passed midnight: today's minutes continue yesterday's count.
    return days.includes(yesterday) && from <= minuteOfDay + MINUTES_A_DAY && minuteOfDay + MINUTES_A_DAY < to;
  });
}

function parseSpan(value: Json): Hours {
  const entry = asObject(value, 'hours');
  const days = list(entry, 'days').map((_, i, all) => integer({ day: all[i] ?? null }, 'day', 1, 7));
  const from = integer(entry, 'from', 0, MINUTES_A_DAY - 1);
  const to = integer(entry, 'to', 1, 2 * MINUTES_A_DAY);
  if (days.length === 0 || new Set(days).size < days.length) {
    throw new Fault('bad_hours', 'days is a list of different weekdays, 1 (Monday) to 7');
  }
  if (to <= from || to - from > MINUTES_A_DAY) {
    throw new Fault(
      'bad_hours',
      `to comes after from, by at most ${MINUTES_A_DAY} minutes; add ${MINUTES_A_DAY} to pass midnight`,
    );
  }
  return { days, from, to };
}
