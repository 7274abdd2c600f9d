import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { HOLIDAYS_FILE_BYTES_MAX } from '../base/limits.ts';
import { readText } from '../store/files.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { columns, plain, print } from './output.ts';
import { everyPage } from './pages.ts';
import { showProgress } from './progress.ts';

interface Holiday {
  readonly day: string;
  readonly title: string;
}

const DAY = 'the day, as YYYY-MM-DD';

export function holidayCommands(program: Command, environment: Environment): void {
  const holiday = program.command('holiday').description('days on which schedules do not hold');
  const add = holiday
    .command('add')
    .description('make a day a holiday, in the zone of the space')
    .argument('<day>', DAY)
    .argument('[title]', 'what is celebrated', 'holiday');
  common(add, environment, ['holiday add 2026-12-25 "Christmas Day"']);
  add.action(async (day: string, title: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) => session.call('holiday.set', { day, title }));
    print(result, options.json === true, () => `${plain(day)} is a holiday: ${plain(title)}`);
  });

  const list = holiday.command('list').description('list the holidays');
  common(list, environment, ['holiday list', 'holiday list --json']).action(async (options: CommonOptions) => {
    const holidays = await withSession(options, environment, (session) =>
      everyPage(session, 'holiday.list', 'holidays', 'day'),
    );
    print({ holidays }, options.json === true, () => table(holidays));
  });

  const remove = holiday.command('remove').description('make a holiday a day like any other').argument('<day>', DAY);
  common(remove, environment, ['holiday remove 2026-12-25']).action(async (day: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) => session.call('holiday.remove', { day }));
    print(result, options.json === true, () => `${plain(day)} is no holiday any more`);
  });

  const import_ = holiday
    .command('import')
    .description('add the holidays of a text file: a line each, the day, a space and the title; # begins a comment')
    .argument('<file>', 'the file');
  common(import_, environment, ['holiday import holidays-2027.txt']).action((file: string, options: CommonOptions) =>
    importFile(file, options, environment),
  );
}

/** Every line is read before the first is written; one that is there already is written again, which changes nothing. */
async function importFile(file: string, options: CommonOptions, environment: Environment): Promise<void> {
  const holidays = parseHolidays(readText(file, HOLIDAYS_FILE_BYTES_MAX), file);
  await withSession(options, environment, async (session) => {
    for (const [at, holiday] of holidays.entries()) {
      await session.call('holiday.set', { ...holiday });
      showProgress('holidays', at + 1, holidays.length);
    }
  });
  const result = { holidays: holidays.map((one) => ({ ...one })) };
  print(result, options.json === true, () => `${holidays.length} holidays from ${plain(file)}`);
}

function parseHolidays(text: string, file: string): readonly Holiday[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    const words = line.replace(/#.*/, '').trim();
    if (words === '') return [];
    const [, day, title] = /^(\d{4}-\d{2}-\d{2})(?:\s+(.*))?$/.exec(words) ?? [];
    const date = new Date(`${day}T00:00:00Z`);
    if (day === undefined || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day) {
      throw new CodedError('bad_day', `${file} line ${at + 1}: expected a day as YYYY-MM-DD and a title`, {
        fields: { file, line: at + 1 },
        advice: 'Nothing was added. A line looks like: 2026-12-25 Christmas Day',
      });
    }
    return [{ day, title: title ?? 'holiday' }];
  });
}

function table(holidays: readonly JsonObject[]): string {
  if (holidays.length === 0) return 'no holidays yet; add one with `blockmesh holiday add DAY TITLE`';
  return columns(holidays.map(({ day, title }) => [plain(String(day)), plain(String(title))]));
}
