import { civilFromDays, daysFromCivil, daysInMonth, divideFloor, isLeapYear, weekdayOfDays } from './calendar.ts';
import { Fault } from './fault.ts';

/** A day of every year: POSIX `Mm.w.d`, `Jn` (29 February is never counted) or `n` (it is). */
type Day =
  | { readonly form: 'weekday'; readonly month: number; readonly week: number; readonly weekday: number }
  | { readonly form: 'julian'; readonly day: number }
  | { readonly form: 'ordinal'; readonly day: number };

/** When a change happens, in the local time that is in force just before it. */
interface Rule {
  readonly day: Day;
  /** From midnight at the start of that day; -167 to 167 hours. */
  readonly seconds: number;
}

/** A time zone whose rules are the same every year. Plain data. Offsets are minutes to add to UTC. */
export interface Zone {
  readonly standardMinutes: number;
  readonly daylight: { readonly offsetMinutes: number; readonly start: Rule; readonly end: Rule } | undefined;
}

export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** 1 = Monday to 7 = Sunday. */
  readonly weekday: number;
  /** 0 to 1439; seconds are cut off. */
  readonly minuteOfDay: number;
  /** Local time minus UTC. */
  readonly offsetMinutes: number;
  /** Whether the zone's second ("daylight") offset is in force; in Ireland's zone that is winter. */
  readonly daylight: boolean;
}

const TEXT_CHARS_MAX = 128;
const OFFSET_HOURS_MAX = 24;
/** RFC 8536 section 3.3.1 widens the hours of a rule from POSIX's 0 to 24. */
const RULE_HOURS_MAX = 167;
const RULE_TIME_DEFAULT_SECONDS = 2 * 3600;
const DAY_SECONDS = 86_400;
/** 100 million days, as far as JavaScript's own dates reach; all arithmetic below stays exact. */
const EPOCH_MS_MAX = 100_000_000 * DAY_SECONDS * 1000;

const NAME = '(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)';
const TIME = '[+-]?[0-9]{1,3}(?::[0-9]{2}){0,2}';
const DATE = '(?:M[0-9]{1,2}\\.[0-9]\\.[0-9]|J?[0-9]{1,3})';
const ZONE = new RegExp(`^${NAME}(${TIME})(?:${NAME}(${TIME})?,(${DATE})(?:/(${TIME}))?,(${DATE})(?:/(${TIME}))?)?$`);

function bad(message: string): Fault {
  return new Fault('bad_zone', message);
}

function within(number: number, min: number, max: number, what: string): number {
  if (number < min || number > max) throw bad(`${what} is ${number}, outside ${min} to ${max}`);
  return number;
}

/** `[+-]h[h[h]][:mm[:ss]]` in seconds. */
function parseSeconds(text: string, hoursMax: number): number {
  const isNegative = text.startsWith('-');
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, '').split(':').map(Number);
  within(minutes, 0, 59, 'the minute of a time');
  within(seconds, 0, 59, 'the second of a time');
  const total = within(hours, 0, hoursMax, 'the hour of a time') * 3600 + minutes * 60 + seconds;
  within(total, 0, hoursMax * 3600, 'a time in seconds');
  // Not `-total`: that would make -0 of 0.
  return isNegative ? 0 - total : total;
}

/** POSIX counts west of Greenwich; we count what to add to UTC. */
function parseOffset(text: string): number {
  const seconds = parseSeconds(text, OFFSET_HOURS_MAX);
  if (seconds % 60 !== 0) throw bad('an offset from UTC is whole minutes');
  return 0 - seconds / 60;
}

function parseDay(text: string): Day {
  if (text.startsWith('M')) {
    const [month = 0, week = 0, weekday = 0] = text.slice(1).split('.').map(Number);
    return {
      form: 'weekday',
      month: within(month, 1, 12, 'the month of a rule'),
      week: within(week, 1, 5, 'the week of a rule'),
      weekday: within(weekday, 0, 6, 'the weekday of a rule'),
    };
  }
  if (text.startsWith('J'))
    return { form: 'julian', day: within(Number(text.slice(1)), 1, 365, 'the day J of a rule') };
  return { form: 'ordinal', day: within(Number(text), 0, 365, 'the day of a rule') };
}

function parseRule(day: string, time: string | undefined): Rule {
  return {
    day: parseDay(day),
    seconds: time === undefined ? RULE_TIME_DEFAULT_SECONDS : parseSeconds(time, RULE_HOURS_MAX),
  };
}

/**
 * Reads a POSIX TZ string (POSIX.1-2017 section 8.3, with the wider rule times of RFC 8536): `CET-1CEST,M3.5.0,M10.5.0/3`,
 * `IST-5:30`, `<+03>-3`. A zone with a second name needs both rules: what they are without being written is up to
 * each system, and boards must agree. Offsets with seconds are refused, `localTime` gives minutes.
 * @throws bad_zone
 */
export function parseZone(text: string): Zone {
  if (text.length > TEXT_CHARS_MAX) throw bad(`a zone has at most ${TEXT_CHARS_MAX} characters`);
  const [, standard, daylight, startDay, startTime, endDay, endTime] = ZONE.exec(text) ?? [];
  if (standard === undefined) throw bad('expected a POSIX TZ string such as CET-1CEST,M3.5.0,M10.5.0/3');
  const standardMinutes = parseOffset(standard);
  if (startDay === undefined || endDay === undefined) return { standardMinutes, daylight: undefined };
  return {
    standardMinutes,
    daylight: {
      offsetMinutes: daylight === undefined ? standardMinutes + 60 : parseOffset(daylight),
      start: parseRule(startDay, startTime),
      end: parseRule(endDay, endTime),
    },
  };
}

/** Days from 1970-01-01 to the day of a rule in `year`. */
function ruleDay(day: Day, year: number): number {
  const newYear = daysFromCivil(year, 1, 1);
  if (day.form === 'ordinal') return newYear + day.day;
  if (day.form === 'julian') return newYear + day.day - (day.day <= 59 || !isLeapYear(year) ? 1 : 0);
  const first = daysFromCivil(year, day.month, 1);
  const [, untilWeekday] = divideFloor(day.weekday - weekdayOfDays(first), 7);
  const inMonth = untilWeekday + (day.week - 1) * 7;
  // Week 5 is the last one, which may be the fourth.
  return first + (inMonth < daysInMonth(year, day.month) ? inMonth : inMonth - 7);
}

/** The instant of a rule in `year`, in seconds since 1970 UTC; `offsetMinutes` is in force before it. */
function ruleSeconds(rule: Rule, year: number, offsetMinutes: number): number {
  return ruleDay(rule.day, year) * DAY_SECONDS + rule.seconds - offsetMinutes * 60;
}

/**
 * Daylight time runs from each year's start to that year's end, or, where the end comes first (the south), to next
 * year's end. A rule may fall a week outside of its year (RFC 8536), so the neighbours are looked at too.
 */
function isDaylight(zone: Zone, utcSeconds: number): boolean {
  const { standardMinutes, daylight } = zone;
  if (daylight === undefined) return false;
  const [days] = divideFloor(utcSeconds, DAY_SECONDS);
  const { year } = civilFromDays(days);
  for (let of = year - 2; of <= year + 1; of += 1) {
    const start = ruleSeconds(daylight.start, of, standardMinutes);
    const sameYear = ruleSeconds(daylight.end, of, daylight.offsetMinutes);
    const end = start <= sameYear ? sameYear : ruleSeconds(daylight.end, of + 1, daylight.offsetMinutes);
    if (utcSeconds >= start && utcSeconds < end) return true;
  }
  return false;
}

/**
 * The clock on the wall in `zone` at `epochMs` (whole milliseconds since 1970-01-01T00:00Z, within 100 million days
 * of it; leap seconds do not exist). Rules hold for all years, also those before the zone adopted them.
 * @throws bad_time
 */
export function localTime(zone: Zone, epochMs: number): LocalTime {
  if (!Number.isSafeInteger(epochMs) || Math.abs(epochMs) > EPOCH_MS_MAX) {
    throw new Fault('bad_time', 'a time is whole milliseconds within 100 million days of 1970');
  }
  const [utcSeconds] = divideFloor(epochMs, 1000);
  const daylight = isDaylight(zone, utcSeconds);
  const offsetMinutes = daylight && zone.daylight ? zone.daylight.offsetMinutes : zone.standardMinutes;
  const [days, secondOfDay] = divideFloor(utcSeconds + offsetMinutes * 60, DAY_SECONDS);
  const [minuteOfDay] = divideFloor(secondOfDay, 60);
  return { ...civilFromDays(days), weekday: weekdayOfDays(days), minuteOfDay, offsetMinutes, daylight };
}
