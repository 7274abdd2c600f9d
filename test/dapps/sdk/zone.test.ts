import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { civilFromDays, daysFromCivil, daysInMonth, divideFloor, weekdayOfDays } from '../../../dapps/sdk/calendar.ts';
import { Fault } from '../../../dapps/sdk/fault.ts';
import { localTime, parseZone, type Zone } from '../../../dapps/sdk/zone.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The rules that tzdata itself gives each zone, and the first whole year in which they hold until today. */
const ZONES = [
  ['Europe/Berlin', 'CET-1CEST,M3.5.0,M10.5.0/3', 2000],
  ['America/New_York', 'EST5EDT,M3.2.0,M11.1.0', 2007],
  ['Australia/Sydney', 'AEST-10AEDT,M10.1.0,M4.1.0/3', 2008],
  ['Asia/Kolkata', 'IST-5:30', 2000],
  ['Europe/Istanbul', '<+03>-3', 2017],
  // The second offset is winter's, and lies behind the first.
  ['Europe/Dublin', 'IST-1GMT0,M10.5.0,M3.5.0/1', 2000],
  // An hour before midnight, a day after midnight, quarter hours, half an hour and two hours of difference.
  ['America/Nuuk', '<-02>2<-01>,M3.5.0/-1,M10.5.0/0', 2025],
  ['Asia/Jerusalem', 'IST-2IDT,M3.4.4/26,M10.5.0', 2014],
  ['Pacific/Chatham', '<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45', 2008],
  ['Australia/Lord_Howe', '<+1030>-10:30<+11>-11,M10.1.0,M4.1.0', 2009],
  ['Antarctica/Troll', '<+00>0<+02>-2,M3.5.0/1,M10.5.0/3', 2006],
] as const;

/** What Node's own time zone database says, in our form (without `daylight`, which it does not tell). */
function oracle(timeZone: string): (epochMs: number) => object {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    weekday: 'short',
  });
  const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
  return (epochMs) => {
    const parts = Object.fromEntries(format.formatToParts(epochMs).map(({ type, value }) => [type, value]));
    const [year, month, day] = [Number(parts.year), Number(parts.month), Number(parts.day)];
    const minuteOfDay = Number(parts.hour) * 60 + Number(parts.minute);
    const utcMinutes = Math.floor(epochMs / 60_000);
    const offsetMinutes = Date.UTC(year, month - 1, day) / 60_000 + minuteOfDay - utcMinutes;
    return { year, month, day, weekday: weekdays.indexOf(parts.weekday ?? '') + 1, minuteOfDay, offsetMinutes };
  };
}

/** Every millisecond at which the answer of `offsetAt` changes, looked for day by day and then halved down. */
function changes(offsetAt: (epochMs: number) => number, fromMs: number, toMs: number): number[] {
  const found: number[] = [];
  for (let dayMs = fromMs; dayMs < toMs; dayMs += DAY_MS) {
    let [before, after] = [dayMs, dayMs + DAY_MS];
    if (offsetAt(before) === offsetAt(after)) continue;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle) === offsetAt(before)) before = middle;
      else after = middle;
    }
    found.push(after);
  }
  return found;
}

function compared(zone: Zone, epochMs: number): object {
  const { daylight, ...rest } = localTime(zone, epochMs);
  return rest;
}

for (const [name, text, fromYear] of ZONES) {
  t.test(`${name} is ${text}, as Intl has it`, async (t) => {
    const zone = parseZone(text);
    const expected = oracle(name);
    const offsetAt = (epochMs: number): number => (expected(epochMs) as { offsetMinutes: number }).offsetMinutes;
    const [fromMs, toMs] = [Date.UTC(fromYear, 0, 2), Date.UTC(2040, 11, 30)];
    const transitions = changes(offsetAt, fromMs, toMs);
    t.equal(transitions.length, text.includes(',') ? (2041 - fromYear) * 2 : 0, 'two transitions a year were found');
    t.same(
      changes((at) => localTime(zone, at).offsetMinutes, fromMs, toMs),
      transitions,
      'and these are ours',
    );
    let instants = 0;
    const check = (epochMs: number): void => {
      instants += 1;
      deepEqual(compared(zone, epochMs), expected(epochMs), `${name} at ${epochMs}`);
    };
    for (const at of transitions) {
      for (const off of [0, 1, 999, 60_000, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, DAY_MS]) {
        check(at + off);
        check(at - off);
      }
    }
    fc.assert(fc.property(fc.integer({ min: fromMs, max: toMs }), check), { numRuns: 2_000 });
    t.ok(instants >= 2_000, `${instants} instants`);
  });
}

t.test('the shape of an answer', async (t) => {
  const berlin = parseZone('CET-1CEST,M3.5.0,M10.5.0/3');
  t.same(localTime(berlin, Date.UTC(2026, 2, 29, 0, 59, 59, 999)), {
    year: 2026,
    month: 3,
    day: 29,
    weekday: 7,
    minuteOfDay: 119,
    offsetMinutes: 60,
    daylight: false,
  });
  t.same(localTime(berlin, Date.UTC(2026, 2, 29, 1)), {
    year: 2026,
    month: 3,
    day: 29,
    weekday: 7,
    minuteOfDay: 180,
    offsetMinutes: 120,
    daylight: true,
  });
  const dublin = parseZone('IST-1GMT0,M10.5.0,M3.5.0/1');
  t.match(localTime(dublin, Date.UTC(2026, 0, 1)), { offsetMinutes: 0, daylight: true });
  t.match(localTime(dublin, Date.UTC(2026, 6, 1)), { offsetMinutes: 60, daylight: false });
  t.match(localTime(parseZone('UTC0'), -1), { year: 1969, month: 12, day: 31, weekday: 3, minuteOfDay: 1439 });
  t.equal(Object.is(localTime(parseZone('UTC0'), 0).offsetMinutes, 0), true, 'no negative zero');
  t.equal(Object.is(localTime(parseZone('UTC-0'), 0).offsetMinutes, 0), true, 'no negative zero');
});

/** Minutes from 1970 UTC of the changes in `year`. */
function changesOf(text: string, year: number): string[] {
  const zone = parseZone(text);
  const at = changes((ms) => localTime(zone, ms).offsetMinutes, Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
  return at.map((ms) => new Date(ms).toISOString().slice(0, 16));
}

t.test('Jn never counts 29 February, n does, and a rule without a time is at 02:00', async (t) => {
  t.same(changesOf('AAA0BBB,J60,J300', 2023), ['2023-03-01T02:00', '2023-10-27T01:00']);
  t.same(changesOf('AAA0BBB,J60,J300', 2024), ['2024-03-01T02:00', '2024-10-27T01:00']);
  t.same(changesOf('AAA0BBB,J59,J365', 2024), ['2024-02-28T02:00', '2024-12-31T01:00']);
  t.same(changesOf('AAA0BBB,59,300', 2023), ['2023-03-01T02:00', '2023-10-28T01:00']);
  t.same(changesOf('AAA0BBB,59,300', 2024), ['2024-02-29T02:00', '2024-10-27T01:00']);
  t.same(changesOf('AAA0BBB,0/3,J1/23', 2024), [], 'on and off within the days compared');
  t.same(changesOf('AAA0BBB,M2.5.4,M3.1.1', 2024), ['2024-02-29T02:00', '2024-03-04T01:00'], 'the fifth Thursday');
  t.same(changesOf('AAA0BBB,M2.5.4,M3.1.1', 2023), ['2023-02-23T02:00', '2023-03-06T01:00'], 'the last, fourth');
});

t.test('rule times from -167 to 167 hours, over new year too', async (t) => {
  t.same(changesOf('AAA0BBB,J100/-167,J200/167', 2023), ['2023-04-03T01:00', '2023-07-25T22:00']);
  t.same(changesOf('AAA0BBB,J100/0:30:15,J200', 2023), ['2023-04-10T00:30', '2023-07-19T01:00']);
  t.same(changesOf('AAA0BBB,J1/-24,J100', 2023), ['2023-04-10T01:00', '2023-12-31T00:00'], 'the start of 2024');
  t.same(changesOf('AAA0BBB,J200,J365/48', 2024), ['2024-01-01T23:00', '2024-07-19T02:00'], 'the end of 2023');
  const south = parseZone('AAA0BBB,J365/167,J1/167');
  t.equal(localTime(south, Date.UTC(2024, 0, 6, 22, 59)).daylight, false);
  t.equal(localTime(south, Date.UTC(2024, 0, 6, 23)).daylight, true);
});

t.test('daylight time all year, and never', async (t) => {
  // RFC 8536 section 3.3.1: the end of each year is the start of the next.
  const always = parseZone('EST5EDT,0/0,J365/25');
  const never = parseZone('EST5EDT,J100/0,J100/1');
  for (let atMs = Date.UTC(2019, 11, 20); atMs < Date.UTC(2025, 1, 1); atMs += HOUR_MS / 2) {
    if (!localTime(always, atMs).daylight) t.fail(`standard time at ${atMs}`);
    if (localTime(never, atMs).daylight) t.fail(`daylight time at ${atMs}`);
  }
  t.match(localTime(always, 0), { offsetMinutes: -240 });
});

t.test('refuses what it cannot read', async (t) => {
  for (const text of [
    '',
    'CET',
    'CE-1',
    '<+3>-3',
    '<+03-3',
    '<>3',
    'CET1x',
    'CET-1CEST',
    'CET-1CEST,M3.5.0',
    'CET-1CEST,M3.5.0,',
    'CET-1CEST,M3.5.0,M10.5.0,M11.5.0',
    'CET-1CEST,M3.5.0,M10.5.0/3 ',
    ' CET-1',
    'CET-1\n',
    ':Europe/Berlin',
    'Europe/Berlin',
    'CET-25',
    'CET24:01',
    'CET-1:60',
    'CET-1:00:60',
    'CET-1:00:01',
    'CET--1',
    'CET-1CEST,M0.5.0,M10.5.0',
    'CET-1CEST,M13.5.0,M10.5.0',
    'CET-1CEST,M3.0.0,M10.5.0',
    'CET-1CEST,M3.6.0,M10.5.0',
    'CET-1CEST,M3.5.7,M10.5.0',
    'CET-1CEST,J0,J365',
    'CET-1CEST,J1,J366',
    'CET-1CEST,0,366',
    'CET-1CEST,M3.5.0/168,M10.5.0',
    'CET-1CEST,M3.5.0/-168,M10.5.0',
    'CET-1CEST,M3.5.0/167:00:01,M10.5.0',
    'CET-1CEST,M3.5.0/2:5,M10.5.0',
    'ÇET-1',
    'CET-١',
    `${'A'.repeat(127)}-1`,
    `${'<'.repeat(1_000_000)}`,
  ]) {
    t.throws(() => parseZone(text), { name: 'Fault', code: 'bad_zone' }, JSON.stringify(text.slice(0, 60)));
  }
  t.equal(parseZone(`${'A'.repeat(126)}-1`).standardMinutes, 60);
  for (const at of [Number.NaN, Number.POSITIVE_INFINITY, 0.5, 2 ** 53, 8.64e15 + 1, -8.64e15 - 1]) {
    t.throws(() => localTime(parseZone('UTC0'), at), { code: 'bad_time' }, `${at}`);
  }
});

t.test('arbitrary text is a zone or a Fault', async (t) => {
  const pieces = fc.constantFrom(
    'CET',
    '<+03>',
    '-',
    '+',
    ':',
    ',',
    '/',
    'M',
    'J',
    '.',
    '1',
    '3',
    '5',
    '30',
    '167',
    '0',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 24 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: -8.64e15, max: 8.64e15 }), (input, epochMs) => {
      try {
        const { minuteOfDay, weekday, offsetMinutes } = localTime(parseZone(input), epochMs);
        return (
          minuteOfDay >= 0 && minuteOfDay < 1440 && weekday >= 1 && weekday <= 7 && Number.isInteger(offsetMinutes)
        );
      } catch (error) {
        return error instanceof Fault && error.code === 'bad_zone';
      }
    }),
    { numRuns: 5_000 },
  );
  t.pass('held');
});

t.test('the calendar agrees with Date, over its whole range', async (t) => {
  const check = (days: number): void => {
    const date = new Date(days * DAY_MS);
    const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    const ours = civilFromDays(days);
    deepEqual(ours, expected);
    deepEqual(daysFromCivil(ours.year, ours.month, ours.day), days);
    deepEqual(weekdayOfDays(days), date.getUTCDay() || 7);
    const last = new Date(0);
    last.setUTCFullYear(ours.year, ours.month, 0);
    deepEqual(daysInMonth(ours.year, ours.month), last.getUTCDate());
  };
  // A whole cycle of 400 years, around 1970 and around the year 0.
  for (const from of [-100_000, -800_000]) for (let day = 0; day < 150_000; day += 1) check(from + day);
  fc.assert(fc.property(fc.integer({ min: -99_999_900, max: 99_999_900 }), check), { numRuns: 5_000 });
  t.same(civilFromDays(100_000_000), { year: 275760, month: 9, day: 13 });
  t.same(
    [divideFloor(-1, 7), divideFloor(-7, 7), divideFloor(6, 7)],
    [
      [-1, 6],
      [-1, 0],
      [0, 6],
    ],
  );
});

t.test('works where neither Date nor Intl exist', async (t) => {
  const { Date: keptDate, Intl: keptIntl } = globalThis;
  let told: object | undefined;
  try {
    Reflect.deleteProperty(globalThis, 'Date');
    Reflect.deleteProperty(globalThis, 'Intl');
    told = localTime(parseZone('AEST-10AEDT,M10.1.0,M4.1.0/3'), 1_767_225_600_000);
  } finally {
    Object.assign(globalThis, { Date: keptDate, Intl: keptIntl });
  }
  t.match(told, { year: 2026, month: 1, day: 1, weekday: 4, minuteOfDay: 660, offsetMinutes: 660, daylight: true });
});
