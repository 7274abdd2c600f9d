import { CodedError } from '../base/errors.ts';
import type { SpaceClock } from './clock.ts';

/** How `--help` tells what a time may look like. */
export const TIME_HELP =
  '"2026-11-22 18:30" or "today 18:30" in the zone of the space, "+2h" or "-3d" from now, or with an offset: 2026-11-22T18:30+01:00';

const SECOND_MS = 1_000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 60 * 60 * SECOND_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
};
const DAYS: Readonly<Record<string, number>> = { yesterday: -1, today: 0, tomorrow: 1 };
/** Ten thousand years of days: all that a date of four digits can be away. */
const SPAN_MS_MAX = 10_000 * 366 * DAY_MS;

const CLOCK = '(\\d{1,2}):(\\d{2})(?::(\\d{2}))?';
const RELATIVE = /^([+-])(\d{1,7})([smhdw])$/;
const NAMED = new RegExp(`^(yesterday|today|tomorrow)(?: +${CLOCK})?$`);
const DATED = new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})(?:(?: +|t)${CLOCK})?(z|[+-]\\d{2}:?\\d{2})?$`);

/**
 * A time as people write it, in ms since 1970. A day alone is its first moment.
 * @param nowMs what relative times are counted from.
 * @throws bad_time; time_skipped, time_twice where the clocks are changed; zone_unanswered.
 */
export async function parseTime(text: string, clock: SpaceClock, nowMs: number): Promise<number> {
  const words = text.trim().toLowerCase();
  if (words === 'now') return nowMs;
  const [, sign, count = '', unit = ''] = RELATIVE.exec(words) ?? [];
  if (sign !== undefined) return relative(text, nowMs, (sign === '-' ? -1 : 1) * Number(count) * (UNIT_MS[unit] ?? 0));
  const named = NAMED.exec(words);
  if (named !== null) {
    const [, day = '', ...time] = named;
    const today = await clock.wall(nowMs);
    const midnight = today - modulo(today, DAY_MS) + (DAYS[day] ?? 0) * DAY_MS;
    return local(text, midnight, time, clock);
  }
  const [, year, month, day, hours, minutes, seconds, offset] = DATED.exec(words) ?? [];
  if (year === undefined || (offset !== undefined && hours === undefined)) throw bad(text);
  const midnight = midnightOf(text, Number(year), Number(month), Number(day));
  const time = [hours, minutes, seconds];
  if (offset === undefined) return local(text, midnight, time, clock);
  return midnight + timeOfDay(text, time) - offsetMs(text, offset);
}

function relative(text: string, nowMs: number, byMs: number): number {
  if (Math.abs(byMs) > SPAN_MS_MAX) throw bad(text);
  return nowMs + byMs;
}

/** @param midnight of the day, as if it were UTC. */
async function local(
  text: string,
  midnight: number,
  time: readonly (string | undefined)[],
  clock: SpaceClock,
): Promise<number> {
  const wall = midnight + timeOfDay(text, time);
  const [first, second] = await clock.instants(wall);
  if (time[0] === undefined) return first?.ms ?? firstAfterGap(wall, clock);
  if (first === undefined) {
    throw new CodedError('time_skipped', `the clocks never show ${text}: they are put forward over it`, {
      fields: { time: text },
      advice: 'Name a time before or after the change, or one with its offset from UTC.',
    });
  }
  if (second === undefined) return first.ms;
  const written = new Date(wall).toISOString().slice(0, 16);
  throw new CodedError('time_twice', `the clocks show ${text} twice: they are put back over it`, {
    fields: { time: text },
    advice: `Write ${written}${first.offset} for the first time or ${written}${second.offset} for the second.`,
  });
}

/** Where midnight is skipped, the day begins when the clocks have been put forward. */
async function firstAfterGap(wall: number, clock: SpaceClock): Promise<number> {
  const before = await clock.instants(wall - DAY_MS / 2);
  const from = before[0]?.ms ?? wall - DAY_MS;
  return (await clock.nextChange(from)) ?? from;
}

/** As if it were UTC. */
function midnightOf(text: string, year: number, month: number, day: number): number {
  // `Date.UTC` takes years below 100 for the last century; nobody means them.
  const midnight = year < 100 ? Number.NaN : Date.UTC(year, month - 1, day);
  const date = new Date(midnight);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) throw bad(text);
  return midnight;
}

function timeOfDay(text: string, [hours = '0', minutes = '0', seconds = '0']: readonly (string | undefined)[]): number {
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)];
  if (hour > 23 || minute > 59 || second > 59) throw bad(text);
  return ((hour * 60 + minute) * 60 + second) * SECOND_MS;
}

function offsetMs(text: string, offset: string): number {
  if (offset === 'z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(-2));
  if (hours > 24 || minutes > 59) throw bad(text);
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60 * SECOND_MS;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function bad(text: string): CodedError {
  return new CodedError('bad_time', `cannot read the time ${JSON.stringify(text)}`, {
    fields: { time: text },
    advice: `Write it like ${TIME_HELP}.`,
  });
}
