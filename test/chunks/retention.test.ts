import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { type RetentionRule, retained } from '../../src/chunks/retention.ts';

const KEEP_ALL: RetentionRule = { last: 0, daily: 0, weekly: 0, monthly: 0 };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday. */
const START = Date.UTC(2026, 10, 23, 12);

function kept(times: readonly number[], rule: Partial<RetentionRule>, local?: (ms: number) => number) {
  const all = retained(times, { ...KEEP_ALL, ...rule }, local);
  return times.flatMap((ms, index) => {
    const reasons = all[index] ?? [];
    return reasons.length === 0 ? [] : [{ ms, reasons }];
  });
}

function daysBack(...days: readonly number[]): readonly number[] {
  return days.map((day) => START - day * DAY_MS);
}

t.test('rules', (t) => {
  const daily = Array.from({ length: 100 }, (_, day) => START - day * DAY_MS);
  t.same(
    kept(daily, { last: 3 }).map(({ ms }) => ms),
    daysBack(0, 1, 2),
  );
  t.same(
    kept(daily, { weekly: 3 }).map(({ ms }) => ms),
    daysBack(0, 1, 8),
    'today is a Monday; yesterday and the Sunday before were the last of their weeks',
  );
  t.same(
    kept(daily, { monthly: 3 }).map(({ ms }) => new Date(ms).toISOString().slice(0, 10)),
    ['2026-11-23', '2026-10-31', '2026-09-30'],
  );
  t.same(kept([START, START - HOUR_MS, START - DAY_MS], { daily: 1 }), [{ ms: START, reasons: ['daily'] }]);
  t.same(
    kept([START, START - HOUR_MS, START - 2 * HOUR_MS], { daily: 2 }).map(({ reasons }) => reasons),
    [['daily'], ['oldest daily']],
    'a young history reaches back as far as it can',
  );
  t.same(
    kept(daily, { last: 1, daily: 2 }).map(({ reasons }) => reasons),
    [['last', 'daily'], ['daily']],
  );
  t.equal(kept(daily, {}).length, daily.length, 'no rule: nothing goes');
  t.same(kept([], { last: 1 }), []);
  t.end();
});

t.test('days are those of the wall', (t) => {
  const [late, early] = [Date.UTC(2026, 10, 22, 23, 30), Date.UTC(2026, 10, 22, 22, 30)];
  const spare = Date.UTC(2026, 10, 1);
  t.equal(kept([late, early, spare], { daily: 2 }).at(1)?.ms, spare, 'one day in UTC');
  t.equal(kept([late, early, spare], { daily: 2 }, (ms) => ms + HOUR_MS).at(1)?.ms, early, 'two an hour further east');
  t.end();
});

t.test('a clock that went back does not make what comes after it the oldest', (t) => {
  const ahead = [0, 1].map((day) => START + (1000 - day) * DAY_MS);
  const before = daysBack(3, 4, 5);
  const [now = 0] = daysBack(0);
  const times = [now, ...ahead, ...before];
  for (const rule of [{ last: 1 }, { daily: 1 }, { weekly: 1 }, { monthly: 1 }]) {
    t.same(
      kept(times, rule).map(({ ms }) => ms),
      [now],
      `what was made last is kept as ${JSON.stringify(rule)}`,
    );
  }
  t.same(
    kept(times, { daily: 4 }).map(({ ms }) => ms),
    [now, ...ahead, before[0]],
  );
  t.end();
});

const RULE = fc.record({
  last: fc.nat(5),
  daily: fc.nat(5),
  weekly: fc.nat(5),
  monthly: fc.nat(5),
});
/** In any order, as a clock has it that is set again and again; a long way in between, as by one that goes. */
const TIMES = fc
  .uniqueArray(
    fc.nat(400 * 24).map((hours) => START - hours * HOUR_MS),
    { maxLength: 60 },
  )
  .chain((times) =>
    fc.constantFrom(
      times,
      [...times].sort((a, b) => b - a),
    ),
  );

t.test('whatever the times and rules', (t) => {
  const staying = (times: readonly number[], rule: RetentionRule) => kept(times, rule).map(({ ms }) => ms);
  fc.assert(
    fc.property(TIMES, RULE, (times, rule) => {
      const all = retained(times, rule);
      const stays = staying(times, rule);
      equal(all.length, times.length, 'each is told');
      deepEqual(
        stays,
        times.filter((ms) => stays.includes(ms)),
        'in their order',
      );
      const sum = rule.last + rule.daily + rule.weekly + rule.monthly;
      if (sum === 0) {
        equal(stays.length, all.length);
        return;
      }
      ok(stays.length <= sum, 'never more than all rules together');
      ok(stays.length >= Math.min(rule.last, all.length), 'the last ones stay');
      if (all.length > 0) equal(stays[0], times[0], 'what was made last stays');
      deepEqual(staying(stays, rule), stays, 'what stays, stays when asked again');
      const more = new Set(staying(times, { ...rule, last: rule.last + 1 }));
      ok(
        stays.every((ms) => more.has(ms)),
        'a larger rule keeps no less',
      );
    }),
    { numRuns: 500 },
  );
  t.end();
});
