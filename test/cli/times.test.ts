import fc from 'fast-check';
import t from 'tap';
import { answerOffsets } from '../../dapps/door/queries/offsets.ts';
import type { State } from '../../dapps/sdk/state.ts';
import { CodedError } from '../../src/base/errors.ts';
import type { Json } from '../../src/base/json.ts';
import { SpaceClock } from '../../src/cli/clock.ts';
import type { Session } from '../../src/cli/session.ts';
import { parseTime } from '../../src/cli/times.ts';

const CET = 'CET-1CEST,M3.5.0,M10.5.0/3';
const AUCKLAND = 'NZST-12NZDT,M9.5.0,M4.1.0/3';
/** Puts its clocks forward over midnight. */
const MIDNIGHT = '<-03>3<-02>,M10.3.0/0,M2.3.0/0';
const NOW = Date.UTC(2026, 10, 22, 17, 30, 15);

/** A session with the real reckoning of dapp `door` behind it, for a space in `zone`. */
function clockOf(zone: string): { clock: SpaceClock; asked: () => number } {
  let calls = 0;
  const state = { read: async () => ({ zone }) } as unknown as State;
  const session: Session = {
    isNodeRunning: true,
    call: async (method, params): Promise<Json> => {
      if (method !== 'zone.offsets') throw new RangeError(method);
      calls += 1;
      return (await answerOffsets(params, state)) as Json;
    },
    close: async () => {},
  };
  return { clock: new SpaceClock(session), asked: () => calls };
}

const utc = (text: string) => Date.parse(`${text}Z`);

t.test('times as people write them', async (t) => {
  const cases: readonly (readonly [zone: string, text: string, instant: string])[] = [
    ['UTC0', '2026-11-22 18:30', '2026-11-22T18:30'],
    [CET, '2026-11-22 18:30', '2026-11-22T17:30'],
    [CET, '2026-07-01 8:05', '2026-07-01T06:05'],
    [CET, '2026-07-01T08:05:09', '2026-07-01T06:05:09'],
    [CET, '2026-07-01', '2026-06-30T22:00'],
    [CET, '2026-07-01T08:05Z', '2026-07-01T08:05'],
    [CET, '2026-07-01 08:05-03:30', '2026-07-01T11:35'],
    [CET, '2026-07-01T08:05+0200', '2026-07-01T06:05'],
    [CET, 'now', '2026-11-22T17:30:15'],
    [CET, 'today', '2026-11-21T23:00'],
    [CET, 'today 18:30', '2026-11-22T17:30'],
    [CET, ' Tomorrow  7:00 ', '2026-11-23T06:00'],
    [CET, 'yesterday 23:59:59', '2026-11-21T22:59:59'],
    [AUCKLAND, 'today 06:00', '2026-11-22T17:00'],
    [AUCKLAND, 'yesterday', '2026-11-21T11:00'],
    [CET, '+2h', '2026-11-22T19:30:15'],
    [CET, '-90m', '2026-11-22T16:00:15'],
    [CET, '+1d', '2026-11-23T17:30:15'],
    [CET, '-2w', '2026-11-08T17:30:15'],
    [CET, '+45s', '2026-11-22T17:31:00'],
    [CET, '2028-02-29', '2028-02-28T23:00'],
    [MIDNIGHT, '2026-10-17', '2026-10-17T03:00'],
    [MIDNIGHT, '2026-10-18', '2026-10-18T03:00'],
    [MIDNIGHT, '2026-10-19', '2026-10-19T02:00'],
  ];
  for (const [zone, text, instant] of cases) {
    const ms = await parseTime(text, clockOf(zone).clock, NOW);
    t.equal(new Date(ms).toISOString(), new Date(utc(instant)).toISOString(), `${text} in ${zone}`);
  }
});

t.test('what is no time is refused with what one looks like', async (t) => {
  const wrong = ['', 'soon', '18:30', '2026-13-01', '2026-02-29', '2026-11-31', '0050-01-01', '2026-11-22 24:00'];
  const more = ['2026-11-22 18:60', '2026-11-22+01:00', '2026-11-22 18:30+1', '+2', '2h', '+9999999w', '26-11-22'];
  for (const text of [...wrong, ...more, '2026-11-22 18:30 CET', 'today 1830', '+1y']) {
    await t.rejects(
      parseTime(text, clockOf(CET).clock, NOW),
      { code: 'bad_time', advice: /today 18:30/ },
      JSON.stringify(text),
    );
  }
});

t.test('where the clocks are changed, a time that is not one is refused, and says so', async (t) => {
  const { clock } = clockOf(CET);
  for (const text of ['2027-03-28 02:00', '2027-03-28 02:59:59']) {
    await t.rejects(parseTime(text, clock, NOW), { code: 'time_skipped', message: /put forward over it/ }, text);
  }
  t.equal(await parseTime('2027-03-28 01:59', clock, NOW), utc('2027-03-28T00:59'));
  t.equal(await parseTime('2027-03-28 03:00', clock, NOW), utc('2027-03-28T01:00'));
  const both = await parseTime('2026-10-25 02:30', clock, NOW).catch((error: CodedError) => error);
  t.match(both, {
    code: 'time_twice',
    advice: 'Write 2026-10-25T02:30+02:00 for the first time or 2026-10-25T02:30+01:00',
  });
  t.equal(await parseTime('2026-10-25T02:30+02:00', clock, NOW), utc('2026-10-25T00:30'));
  t.equal(await parseTime('2026-10-25T02:30+01:00', clock, NOW), utc('2026-10-25T01:30'));
  t.equal(await parseTime('2026-10-25 03:00', clock, NOW), utc('2026-10-25T02:00'));
  t.equal(await parseTime('2026-10-25 01:59', clock, NOW), utc('2026-10-24T23:59'));
});

t.test('local time, and where the clocks show it twice its offset', async (t) => {
  const { clock, asked } = clockOf(CET);
  const text = async (instant: string) => {
    await clock.know(utc(instant));
    return clock.text(utc(instant));
  };
  t.equal(await text('2026-11-22T17:30:03'), '2026-11-22 18:30:03');
  t.equal(await text('2026-07-01T22:30'), '2026-07-02 00:30:00');
  t.equal(await text('2026-10-25T00:30'), '2026-10-25 02:30:00+02:00');
  t.equal(await text('2026-10-25T01:30'), '2026-10-25 02:30:00+01:00');
  t.equal(await text('2026-10-25T02:00'), '2026-10-25 03:00:00');
  t.equal(asked(), 1, 'a year costs one question');
  t.equal(await text('2030-01-01T00:00'), '2030-01-01 01:00:00');
  t.equal(clock.text(utc('1999-01-01T00:00')), '1999-01-01 00:00:00Z', 'what nobody asked for');
});

t.test('a dapp that does not answer: UTC is shown and said, local times are refused', async (t) => {
  const call = async (): Promise<Json> => {
    throw new CodedError('dapp_exited', 'gone');
  };
  const clock = new SpaceClock({ isNodeRunning: true, call, close: async () => {} });
  await clock.know(NOW);
  t.equal(clock.text(NOW), '2026-11-22 17:30:15Z');
  await t.rejects(parseTime('today 18:30', clock, NOW), { code: 'zone_unanswered', advice: /offset from UTC/ });
  t.equal(await parseTime('2026-11-22T18:30+01:00', clock, NOW), utc('2026-11-22T17:30'));
  t.equal(await parseTime('+1h', clock, NOW), NOW + 3_600_000);
});

t.test('what is shown reads back as the same instant, in any zone', async (t) => {
  const zones = fc.constantFrom(
    'UTC0',
    CET,
    AUCKLAND,
    MIDNIGHT,
    'IST-5:30',
    'EST5EDT,M3.2.0,M11.1.0',
    '<+14>-14',
    '<-12>12',
  );
  const seconds = fc.integer({ min: utc('1990-01-01T00:00') / 1000, max: utc('2090-01-01T00:00') / 1000 });
  // Half of them around a change of clocks.
  const edges = fc
    .tuple(fc.integer({ min: 1990, max: 2089 }), fc.constantFrom('03-28', '10-25', '04-02', '09-27', '02-15', '10-18'))
    .chain(([year, day]) => {
      const at = utc(`${year}-${day}T12:00`) / 1000;
      return fc.integer({ min: at - 5 * 86_400, max: at + 5 * 86_400 });
    });
  await fc.assert(
    fc.asyncProperty(zones, fc.oneof(seconds, edges), async (zone, second) => {
      const { clock } = clockOf(zone);
      await clock.know(second * 1000);
      const text = clock.text(second * 1000);
      return (await parseTime(text, clock, NOW)) === second * 1000;
    }),
    { numRuns: 2_000 },
  );
  t.pass('2,000 of them');
});
