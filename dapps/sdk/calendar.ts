/**
 * The proleptic Gregorian calendar in integers. QuickJS without Intl and any board give the same answer, and nothing
 * here knows the time.
 */

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

// The calendar repeats after 400 years. Counting years from March puts the leap day at the end of its year, which
// makes the days before a month a linear function of the month.
const DAYS_PER_ERA = 146_097;
const DAYS_FROM_0000_03_01_TO_1970 = 719_468;

/** Quotient and remainder with `0 <= remainder < divisor`; exact while `dividend - divisor` is a safe integer. */
export function divideFloor(dividend: number, divisor: number): readonly [quotient: number, remainder: number] {
  const remainder = ((dividend % divisor) + divisor) % divisor;
  return [(dividend - remainder) / divisor, remainder];
}

/** Days from 1970-01-01 to a date; `day` may lie outside of its month and then counts on. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const [era, yearOfEra] = divideFloor(month > 2 ? year : year - 1, 400);
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - DAYS_FROM_0000_03_01_TO_1970;
}

/** The date that many days after 1970-01-01. */
export function civilFromDays(days: number): CivilDate {
  const [era, dayOfEra] = divideFloor(days + DAYS_FROM_0000_03_01_TO_1970, DAYS_PER_ERA);
  // Takes out the leap days passed in this era: one each 1,460 days, but not each 36,524, but again the last.
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day };
}

/** 1 = Monday to 7 = Sunday (ISO 8601), of the day that many days after 1970-01-01, a Thursday. */
export function weekdayOfDays(days: number): number {
  const [, sinceMonday] = divideFloor(days + 3, 7);
  return sinceMonday + 1;
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** `2026-11-22`; years 0 to 9999. */
export function isoDate({ year, month, day }: CivilDate): string {
  const digits = (value: number, count: number) => String(value).padStart(count, '0');
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

/** Whether `text` is `YYYY-MM-DD` and that day exists. */
export function isIsoDate(text: string): boolean {
  const [, year = 0, month = 0, day = 0] = (/^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text) ?? []).map(Number);
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}
