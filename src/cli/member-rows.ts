import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { SpaceClock } from './clock.ts';
import type { CsvRecord } from './csv.ts';
import { parseTime } from './times.ts';

/** The columns of a table of members, in the order in which they are exported; badges can only be imported. */
export const COLUMNS = ['name', 'email', 'groups', 'roles', 'plan', 'from', 'until'] as const;
const BADGE = /^badge\d{0,2}$/;

/** Something in the table that keeps all of it from being imported. */
export type Problem = {
  readonly line: number;
  readonly column: string;
  readonly code: string;
  readonly message: string;
};

/**
 * Rows as the operation `member.import` takes them, from a table whose first record names its columns. An empty cell
 * says nothing: it leaves what is there.
 * @throws csv_columns for a first record with unknown or missing names.
 */
export async function rowsOf(
  records: readonly CsvRecord[],
  clock: SpaceClock,
): Promise<{ readonly rows: readonly JsonObject[]; readonly problems: readonly Problem[] }> {
  const [head, ...body] = records;
  const columns = columnsOf(head);
  const problems: Problem[] = [];
  const rows: JsonObject[] = [];
  for (const { line, cells } of body) {
    const values = new Map(columns.map((column, at) => [column, (cells[at] ?? '').trim()]));
    const row = await rowOf(line, values, clock, problems);
    if (row !== null) rows.push(row);
  }
  return { rows, problems };
}

function columnsOf(head: CsvRecord | undefined): readonly string[] {
  const columns = (head?.cells ?? []).map((cell) => cell.trim().toLowerCase());
  const known: readonly string[] = COLUMNS;
  const odd = columns.find((column) => !known.includes(column) && !BADGE.test(column));
  const twice = columns.find((column, at) => columns.indexOf(column) < at);
  const what =
    odd !== undefined
      ? `there is no column ${JSON.stringify(odd)}`
      : twice !== undefined
        ? `the column ${twice} is there twice`
        : columns.includes('name')
          ? null
          : 'there is no column name';
  if (what === null) return columns;
  throw new CodedError('csv_columns', `the first line names the columns, and ${what}`, {
    fields: { line: head?.line ?? 1 },
    advice: `Columns are ${COLUMNS.join(', ')}, badge, badge2, badge3 and so on; name has to be there.`,
  });
}

async function rowOf(
  line: number,
  values: ReadonlyMap<string, string>,
  clock: SpaceClock,
  problems: Problem[],
): Promise<JsonObject | null> {
  const before = problems.length;
  const refuse = (column: string, code: string, message: string) => problems.push({ line, column, code, message });
  const value = (column: string) => values.get(column) || undefined;
  const time = async (column: string) => {
    const text = value(column);
    if (text === undefined) return undefined;
    try {
      return await parseTime(text, clock, Date.now());
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      refuse(column, error.code, error.message);
      return undefined;
    }
  };
  const list = (column: string) =>
    value(column)
      ?.split(/[\s;,]+/)
      .filter((word) => word !== '');
  const [from, until] = [await time('from'), await time('until')];
  const name = value('name');
  const plan = value('plan');
  if (name === undefined) refuse('name', 'name_missing', 'a row needs a name');
  for (const column of ['from', 'until']) {
    if (value(column) !== undefined && plan === undefined) refuse(column, 'plan_missing', 'these dates have no plan');
  }
  if (problems.length > before || name === undefined) return null;
  const [email, groups, roles] = [value('email'), list('groups'), list('roles')];
  const badges = [...values].filter(([column, number]) => BADGE.test(column) && number !== '');
  return {
    line,
    name,
    ...(email !== undefined && { email }),
    ...(groups !== undefined && { groups }),
    ...(roles !== undefined && { roles }),
    ...(plan !== undefined && { plan }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    badges: badges.map(([column, number]) => ({ column, number })),
  };
}
