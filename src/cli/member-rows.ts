import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { SpaceClock } from './clock.ts';
import type { CsvRecord } from './csv.ts';
import { parseTime } from './times.ts';

/** The columns of a table of members, in the order in which they are exported; badges can only be imported. */
export const COLUMNS = ['name', 'email', 'groups', 'roles', 'family', 'permanent', 'plan', 'from', 'until'] as const;
const BADGE = /^badge\d{0,2}$/;
/** No address, group, role, family, plan or time is written so. */
const CLEAR = '-';
const YES_NO: readonly string[] = ['yes', 'no'];
/** Columns in which a dash means nothing, and what to do instead. */
const NOT_CLEARED: Readonly<Record<string, string>> = {
  permanent: 'say yes or no',
  plan: 'a table takes no plan away; `blockmesh plan take` does',
  from: 'a plan has to begin at some time',
};

/** How such a table is written, for people. */
export const TABLE_FORM = `
The first line names the columns: name, email, groups, roles, family, permanent, plan, from, until, badge, badge2 and
so on; only name has to be there. Groups and roles have spaces between them, permanent is yes or no, times are in the
zone of the space, badges are numbers as printed on the cards. A member is known by name. An empty cell leaves what is
there, so importing the same file again changes nothing; a dash alone (-) clears an e-mail address, groups, roles, a
family, or the end of a plan. Families are made first, by family set. A second row of the same name can give a second
plan.

Whoever is new is a permanent member, unless the row gives a plan or a family, or says no. A member with plans is not
permanent, and one with neither may not enter: the end of the last plan makes nobody permanent.`;

/** Something in the table that keeps all of it from being imported. */
export type Problem = {
  readonly line: number;
  readonly column: string;
  readonly code: string;
  readonly message: string;
};

/**
 * Rows as the operation `member.import` takes them, from a table whose first record names its columns. An empty cell
 * says nothing: it leaves what is there. One with a dash clears it, where there can be nothing.
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
    if (text === undefined || text === CLEAR) return undefined;
    try {
      return await parseTime(text, clock, Date.now());
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      refuse(column, error.code, error.message);
      return undefined;
    }
  };
  const list = (column: string) => {
    const text = value(column);
    return text === CLEAR ? [] : text?.split(/[\s;,]+/).filter((word) => word !== '');
  };
  const [from, until] = [await time('from'), await time('until')];
  const name = value('name');
  const [plan, permanent] = [value('plan'), value('permanent')?.toLowerCase()];
  refuseOdd(value, refuse);
  if (problems.length > before || name === undefined) return null;
  const [email, family, groups, roles] = [value('email'), value('family'), list('groups'), list('roles')];
  const badges = [...values].filter(([column, number]) => BADGE.test(column) && number !== '');
  return {
    line,
    name,
    ...(email !== undefined && { email: email === CLEAR ? null : email }),
    ...(groups !== undefined && { groups }),
    ...(roles !== undefined && { roles }),
    ...(family !== undefined && { family: family === CLEAR ? null : family }),
    ...(permanent !== undefined && { permanent: permanent === 'yes' }),
    ...(plan !== undefined && { plan }),
    ...(from !== undefined && { from }),
    ...(value('until') === CLEAR ? { until: null } : until !== undefined && { until }),
    badges: badges.map(([column, number]) => ({ column, number })),
  };
}

/** What is wrong with a row by itself. */
function refuseOdd(
  value: (column: string) => string | undefined,
  refuse: (column: string, code: string, message: string) => void,
): void {
  const [plan, permanent] = [value('plan'), value('permanent')?.toLowerCase()];
  if (value('name') === undefined) refuse('name', 'name_missing', 'a row needs a name');
  for (const column of ['from', 'until']) {
    if (value(column) !== undefined && plan === undefined) refuse(column, 'plan_missing', 'these dates have no plan');
  }
  for (const [column, instead] of Object.entries(NOT_CLEARED)) {
    if (value(column) === CLEAR) refuse(column, 'not_clearable', instead);
  }
  if (permanent === 'yes' && plan !== undefined) refuse('permanent', 'has_plans', 'a permanent member has no plan');
  if (permanent !== undefined && ![...YES_NO, CLEAR].includes(permanent)) {
    refuse('permanent', 'not_yes_or_no', `${JSON.stringify(permanent)} is neither yes nor no`);
  }
}
