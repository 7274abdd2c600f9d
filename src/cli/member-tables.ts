import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { CodedError, messageOf } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { CSV_BYTES_MAX, IMPORT_MS_MAX, IMPORT_PROBLEMS_MAX, LINE_BYTES_MAX } from '../base/limits.ts';
import { readAtMost, writeFileDurably } from '../store/files.ts';
import { instantsIn, SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import { csvLine, parseCsv } from './csv.ts';
import type { Environment } from './environment.ts';
import { COLUMNS, type Problem, rowsOf, TABLE_FORM } from './member-rows.ts';
import { plain, print } from './output.ts';
import { everyPage } from './pages.ts';
import type { Session } from './session.ts';

interface ImportOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

interface Found {
  readonly problems: readonly Problem[];
}

/** Names and addresses are for those who run the space. */
const EXPORT_MODE = 0o600;
/** What stands in a line of the protocol around the rows. */
const ENVELOPE_BYTES = 1_024;

/** `member import` and `member export`. */
export function memberTables(member: Command, environment: Environment): void {
  const read = member
    .command('import')
    .description('add and change members by a table (CSV): all of it, or with one mistake in it nothing')
    .argument('<file>', 'the table, in UTF-8')
    .option('--dry-run', 'check every row and write nothing')
    .addHelpText('after', TABLE_FORM);
  common(read, environment, ['member import members.csv --dry-run', 'member import members.csv']);
  read.action((path: string, options: ImportOptions) => importTable(path, options, environment));

  const write = member
    .command('export')
    .description('write all members as a table (CSV) that `member import` reads; badges and guests are not in it')
    .argument('[file]', 'where to; a file that is there is not replaced (default: standard output)');
  common(write, environment, ['member export members.csv', 'member export > members.csv']);
  write.action((path: string | undefined, options: CommonOptions) => exportTable(path, options, environment));
}

async function importTable(path: string, options: ImportOptions, environment: Environment): Promise<void> {
  const records = parseCsv(readTable(path), path);
  const result = await withSession(options, environment, async (session) => {
    const { rows, problems } = await rowsOf(records, new SpaceClock(session));
    refuseLong(rows);
    const dryRun = options.dryRun === true || problems.length > 0;
    const answer = (await session.call('member.import', { rows, dryRun }, IMPORT_MS_MAX)) as JsonObject;
    const found = [...problems, ...(answer.problems as unknown as readonly Problem[])];
    return { ...answer, problems: found.sort((a, b) => a.line - b.line) } as JsonObject & Found;
  });
  refuseProblems(path, result, options.json === true);
  const { added, changed, unchanged } = result;
  const done = options.dryRun === true ? 'would be ' : '';
  const text = () => `${path}: ${added} ${done}added, ${changed} ${done}changed, ${unchanged} as they were`;
  print(result, options.json === true, text);
}

function readTable(path: string): Uint8Array {
  try {
    return readAtMost(path, CSV_BYTES_MAX);
  } catch (cause) {
    throw new CodedError('file_unreadable', `cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      fields: { path },
      advice: 'Name a table in CSV that is there and may be read.',
    });
  }
}

/** @throws import_too_long when the rows do not fit one line of the protocol. */
function refuseLong(rows: readonly JsonObject[]): void {
  const bytes = Buffer.byteLength(JSON.stringify(rows));
  if (bytes <= LINE_BYTES_MAX - ENVELOPE_BYTES) return;
  throw new CodedError('import_too_long', `the ${rows.length} rows are too much at once`, {
    fields: { rows: rows.length, bytes },
    advice: 'Split the file; each part may be imported on its own.',
  });
}

/** Tells each problem by line and column. @throws import_refused when there is one. */
function refuseProblems(path: string, result: JsonObject & Found, isJson: boolean): void {
  const { problems } = result;
  if (problems.length === 0) return;
  const shown = problems.slice(0, IMPORT_PROBLEMS_MAX);
  print({ ...result, problems: shown.map((one) => ({ ...one })) }, isJson, () =>
    shown.map(({ line, column, code, message }) => `line ${line}, ${column}: ${plain(message)} [${code}]`).join('\n'),
  );
  throw new CodedError('import_refused', `nothing of ${path} was imported, for what is said above`, {
    fields: { path, problems: problems.length },
    advice: 'Mend these lines and import the file again.',
  });
}

async function exportTable(path: string | undefined, options: CommonOptions, environment: Environment): Promise<void> {
  const lines = await withSession(options, environment, exportLines);
  const text = `${lines.join('\r\n')}\r\n`;
  if (path === undefined) {
    process.stdout.write(text);
    return;
  }
  refuseThere(path);
  writeFileDurably(path, text, EXPORT_MODE);
  const members = lines.length - 1;
  print({ path, rows: members }, options.json === true, () => `${plain(path)}: ${members} rows`);
}

function refuseThere(path: string): void {
  if (!existsSync(path)) return;
  throw new CodedError('file_exists', `${path} is there already and is not replaced`, {
    fields: { path },
    advice: 'Name another file, or move that one away.',
  });
}

/** The head of the table and a row for each member; a further plan of the same member has a row of its own. */
async function exportLines(session: Session): Promise<readonly string[]> {
  const all = await everyPage(session, 'member.list', 'members', 'member');
  const members = all.filter(({ guest }) => guest === null);
  const plansOf = ({ plans }: JsonObject) => plans as unknown as readonly JsonObject[];
  const clock = new SpaceClock(session);
  const every = members.flatMap(plansOf);
  await clock.know(...instantsIn(every, 'from'), ...instantsIn(every, 'until'));
  const time = (ms: Json | undefined) => (typeof ms === 'number' ? clock.text(ms).replace(/ 00:00:00$/, '') : '');
  const words = (list: Json | undefined) => (list as readonly string[]).join(' ');
  const lines = members.flatMap((member) => {
    const { name, email, groups, roles, family, permanent } = member;
    const [first = {}, ...rest] = plansOf(member).map(({ plan, from, until }) => ({
      plan: String(plan),
      from: time(from),
      until: time(until),
    }));
    const whole = {
      ...{ name, email: email ?? '', groups: words(groups), roles: words(roles), family: family ?? '' },
      permanent: permanent === true ? 'yes' : 'no',
      ...first,
    };
    return [whole, ...rest.map((plan) => ({ name, ...plan }))];
  });
  const cells = (row: Readonly<Record<string, Json | undefined>>) => COLUMNS.map((column) => String(row[column] ?? ''));
  return [csvLine(COLUMNS), ...lines.map((row) => csvLine(cells(row)))];
}
