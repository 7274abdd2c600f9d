import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MINUTES_A_DAY = 24 * 60;

/**
 * Opening hours as people write them: `mon-fri 08:00-20:00`, `sat,sun 10-18`, `fri 20:00-02:00` (past midnight).
 * Weekdays count from 1 (Monday).
 * @throws bad_hours.
 */
export function parseHours(text: string): JsonObject {
  const match = /^([a-z,-]+) +(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?$/.exec(text.trim().toLowerCase());
  if (match === null) throw refuse(text);
  const [, days = '', fromHour, fromMinute = '0', toHour, toMinute = '0'] = match;
  const from = minuteOf(Number(fromHour), Number(fromMinute), text);
  const to = minuteOf(Number(toHour), Number(toMinute), text);
  return { days: parseDays(days, text), from, to: to > from ? to : to + MINUTES_A_DAY };
}

/** As `parseHours` reads them: `mon-fri 08:00-20:00`. */
export function hoursText({ days, from, to }: JsonObject): string {
  const numbers = Array.isArray(days) ? days.map(Number).sort((a, b) => a - b) : [];
  const name = (day: number) => DAYS[day - 1] ?? String(day);
  // Runs of three days or more are written as a range.
  const runs: number[][] = [];
  for (const day of numbers) {
    const last = runs.at(-1);
    if (last?.at(-1) === day - 1) last.push(day);
    else runs.push([day]);
  }
  const parts = runs.flatMap((run) =>
    run.length > 2 ? [`${name(run[0] ?? 0)}-${name(run.at(-1) ?? 0)}`] : run.map(name),
  );
  const end = Number(to) > MINUTES_A_DAY ? Number(to) - MINUTES_A_DAY : Number(to);
  return `${parts.join(',')} ${clockText(Number(from))}-${clockText(end)}`;
}

function clockText(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function parseDays(days: string, text: string): readonly number[] {
  const numbers = days.split(',').flatMap((part) => {
    const [first = '', last = first, ...rest] = part.split('-');
    const start = DAYS.indexOf(first);
    const end = DAYS.indexOf(last);
    if (start < 0 || end < 0 || rest.length > 0) throw refuse(text);
    // `sat-mon` goes over the end of the week.
    const count = ((end - start + DAYS.length) % DAYS.length) + 1;
    return Array.from({ length: count }, (_, step) => ((start + step) % DAYS.length) + 1);
  });
  return [...new Set(numbers)].sort();
}

function minuteOf(hour: number, minute: number, text: string): number {
  if (hour > 24 || minute > 59 || (hour === 24 && minute > 0)) throw refuse(text);
  return hour * 60 + minute;
}

function refuse(text: string): CodedError {
  return new CodedError('bad_hours', `cannot read the hours ${JSON.stringify(text)}`, {
    advice: 'Write them like "mon-fri 08:00-20:00" or "sat,sun 10:00-18:00".',
  });
}
