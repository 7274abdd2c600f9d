import fc from 'fast-check';
import t from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import { CSV_BYTES_MAX } from '../../src/base/limits.ts';
import type { SpaceClock } from '../../src/cli/clock.ts';
import { csvLine, parseCsv } from '../../src/cli/csv.ts';
import { rowsOf } from '../../src/cli/member-rows.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const cellsOf = (text: string) => parseCsv(bytes(text), 'f.csv').map(({ cells }) => cells);

t.test('a table is read as RFC 4180 has it, or refused with its line', async (t) => {
  t.same(parseCsv(bytes('a,b\r\n1,"x, ""y""\r\nz"\r\n\r\n3,\r\n'), 'f.csv'), [
    { line: 1, cells: ['a', 'b'] },
    { line: 2, cells: ['1', 'x, "y"\r\nz'] },
    { line: 5, cells: ['3', ''] },
  ]);
  t.same(
    cellsOf('\ufeffname;plan\nAda;month\n'),
    [
      ['name', 'plan'],
      ['Ada', 'month'],
    ],
    'as spreadsheets save it where the comma is a decimal mark',
  );
  t.same(cellsOf(''), []);
  for (const [broken, line] of [
    ['a,b\n1,2,3\n', 2],
    ['a,b\n1\n', 2],
    ['a,b\n1,"2\n', 2],
    ['a,b\n"x\r\ny",2\n1\n', 4],
    ['a,b\r1,2', 1],
    ['a,b\n1,2\r', 2],
    ['a,b\n1,2"3\n', 2],
    ['a,b\n1,"2"3\n', 2],
  ] as const) {
    t.throws(() => cellsOf(broken), { code: 'csv_broken', fields: { path: 'f.csv', line } }, JSON.stringify(broken));
  }
  t.throws(() => parseCsv(Uint8Array.of(0x61, 0xff), 'f.csv'), { code: 'csv_not_utf8' });
  t.throws(() => parseCsv(new Uint8Array(CSV_BYTES_MAX + 1), 'f.csv'), { code: 'csv_too_large' });
  t.throws(() => cellsOf(`a\n"${'x'.repeat(CSV_BYTES_MAX - 10)}"\n`), { code: 'csv_broken' }, 'an endless cell');
});

t.test('whatever is exported is read back, and no cell begins a formula', async (t) => {
  t.equal(
    csvLine(['=1+1', '+1', '-1', '@x', '\tx', "'=1", 'a,b', 'a"b', 'plain', "it's"]),
    `'=1+1,'+1,'-1,'@x,'\tx,''=1,"a,b","a""b",plain,it's`,
  );
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom(...'=+-@\t\r\n\'",; ax\u00e9') }), { minLength: 2, maxLength: 5 }),
      (cells) => {
        const formula = cells.map((cell) => csvLine([cell])).find((text) => /^"?[=+\-@\t\r]/.test(text));
        if (formula !== undefined) throw new Error(`a formula: ${formula}`);
        const [, record] = parseCsv(bytes(`${cells.map(() => 'h').join()}\r\n${csvLine(cells)}\r\n`), 'f.csv');
        if (JSON.stringify(record?.cells) !== JSON.stringify(cells)) throw new Error(`read as ${record?.cells}`);
      },
    ),
    { numRuns: 2_000 },
  );
});

t.test('no bytes make it hang or fail with anything but a code', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab,;"\r\n') }), (text) => {
      try {
        const records = parseCsv(bytes(text), 'f.csv');
        const widths = new Set(records.map(({ cells }) => cells.length));
        if (widths.size > 1) throw new Error('records of several widths');
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== 'csv_broken') throw error;
      }
    }),
    { numRuns: 5_000 },
  );
  t.pass();
});

/** A clock in UTC, without a space. */
const clock = {
  instants: async (wall: number) => [{ ms: wall, offset: '+00:00' }],
  wall: async (ms: number) => ms,
} as unknown as SpaceClock;

t.test('rows of members', async (t) => {
  const rows = async (...lines: readonly string[]) => rowsOf(parseCsv(bytes(lines.join('\n')), 'f.csv'), clock);
  t.same(
    await rows(
      'Name,EMAIL,groups,roles,plan,from,until,badge,badge2',
      'Ada, ada@example.org ,laser wood;wood,admin,month,2026-01-01,2026-02-01 12:00,0009362416,',
      'Bob,,,,,,,,',
    ),
    {
      rows: [
        {
          line: 2,
          name: 'Ada',
          email: 'ada@example.org',
          groups: ['laser', 'wood', 'wood'],
          roles: ['admin'],
          plan: 'month',
          from: Date.UTC(2026, 0, 1),
          until: Date.UTC(2026, 1, 1, 12),
          badges: [{ column: 'badge', number: '0009362416' }],
        },
        { line: 3, name: 'Bob', badges: [] },
      ],
      problems: [],
    },
    'an empty cell says nothing',
  );
  const { rows: taken, problems } = await rows(
    'name,plan,from,until',
    'Ada,,2026-01-01,',
    ',m,,',
    'Cy,m,soon,2026-02-30',
  );
  t.same(taken, []);
  t.same(
    problems.map(({ line, column, code }) => [line, column, code]),
    [
      [2, 'from', 'plan_missing'],
      [3, 'name', 'name_missing'],
      [4, 'from', 'bad_time'],
      [4, 'until', 'bad_time'],
    ],
  );
  const dashed = await rows(
    'name,email,groups,roles,permanent,plan,from,until',
    'Ada,-,-,-,No,,,',
    'Bob,,,,yes,,,',
    'Cy,,,,,m,,-',
    'Di,,,,-,,,',
    'Ed,,,,true,,,',
    'Flo,,,,yes,m,,',
    'Hal,,,,,-,-,',
  );
  t.same(
    dashed.rows,
    [
      { line: 2, name: 'Ada', email: null, groups: [], roles: [], permanent: false, badges: [] },
      { line: 3, name: 'Bob', permanent: true, badges: [] },
      { line: 4, name: 'Cy', plan: 'm', until: null, badges: [] },
    ],
    'a dash clears what can be nothing',
  );
  t.same(
    dashed.problems.map(({ line, column, code }) => [line, column, code]),
    [
      [5, 'permanent', 'not_clearable'],
      [6, 'permanent', 'not_yes_or_no'],
      [7, 'permanent', 'has_plans'],
      [8, 'plan', 'not_clearable'],
      [8, 'from', 'not_clearable'],
    ],
  );
  for (const head of ['', 'email', 'name,name', 'name,phone', 'name,badge123']) {
    await t.rejects(rows(head), { code: 'csv_columns' }, `the columns ${head}`);
  }
});
