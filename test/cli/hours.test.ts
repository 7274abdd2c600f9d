import t from 'tap';
import { hoursText, parseHours } from '../../src/cli/hours.ts';

t.test('hours as people write them, and written back', async (t) => {
  const cases: readonly (readonly [text: string, days: number[], from: number, to: number, back?: string])[] = [
    ['mon-fri 08:00-20:00', [1, 2, 3, 4, 5], 480, 1200],
    ['mon-fri 8-20', [1, 2, 3, 4, 5], 480, 1200, 'mon-fri 08:00-20:00'],
    ['sat,sun 10:30-18', [6, 7], 630, 1080, 'sat,sun 10:30-18:00'],
    ['fri 20:00-02:00', [5], 1200, 1560],
    ['Sat-Mon 0-24', [1, 6, 7], 0, 1440, 'mon,sat,sun 00:00-24:00'],
    ['mon,mon 9-10', [1], 540, 600, 'mon 09:00-10:00'],
    ['mon-sun 12:00-12:00', [1, 2, 3, 4, 5, 6, 7], 720, 2160],
  ];
  for (const [text, days, from, to, back = text] of cases) {
    t.same(parseHours(text), { days, from, to }, text);
    t.equal(hoursText({ days, from, to }), back);
  }
  for (const text of [
    '',
    'mon',
    '8-20',
    'mon 25-26',
    'mon 8:60-9',
    'someday 8-9',
    'mon-tue-wed 8-9',
    'mon 8-9 10-11',
  ]) {
    t.throws(() => parseHours(text), { code: 'bad_hours', advice: /mon-fri/ }, JSON.stringify(text));
  }
});
