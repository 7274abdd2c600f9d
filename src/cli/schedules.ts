import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { zoneRule } from '../node/system-zone.ts';
import { type CommonOptions, collect, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { hoursText, parseHours } from './hours.ts';
import { columns, plain, print } from './output.ts';
import { everyPage } from './pages.ts';

interface SetOptions extends CommonOptions {
  readonly hours: readonly string[];
  readonly zone?: string;
  readonly holidays?: boolean;
}

export function scheduleCommands(program: Command, environment: Environment): void {
  const schedule = program.command('schedule').description('hours of the week, for rules of doors and keep-open hours');
  const set = schedule
    .command('set')
    .description('make a schedule, or put other hours in its place')
    .argument('<name>', 'name of the schedule, such as days')
    .requiredOption(
      '--hours <hours>',
      'such as "mon-fri 8-20" (repeat for more); "fri 20:00-02:00" passes midnight',
      collect,
    )
    .option('--zone <rule>', 'a time zone of its own, by name or as a POSIX TZ rule; the space’s when left out')
    .option('--holidays', 'it holds on holidays too');
  common(set, environment, [
    'schedule set days --hours "mon-fri 8-20" --hours "sat 10:00-16:00"',
    'schedule set always --hours "mon-sun 0-24" --holidays',
  ]);
  set.action(async (name: string, options: SetOptions) => {
    const { holidays = false } = options;
    const zone = options.zone === undefined ? null : zoneRule(options.zone);
    const params = { schedule: name, zone, hours: options.hours.map(parseHours), holidays };
    const result = await withSession(options, environment, (session) => session.call('schedule.set', params));
    print(result, options.json === true, () => describe(params));
  });

  const list = schedule.command('list').description('list the schedules');
  common(list, environment, ['schedule list', 'schedule list --json']).action(async (options: CommonOptions) => {
    const schedules = await withSession(options, environment, (session) =>
      everyPage(session, 'schedule.list', 'schedules', 'schedule'),
    );
    print({ schedules }, options.json === true, () => table(schedules));
  });

  const remove = schedule
    .command('remove')
    .description('remove a schedule that no door keeps')
    .argument('<name>', 'name of the schedule');
  common(remove, environment, ['schedule remove days']).action(async (name: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) =>
      session.call('schedule.remove', { schedule: name }),
    );
    print(result, options.json === true, () => `schedule ${plain(name)} is removed`);
  });
}

function table(schedules: readonly JsonObject[]): string {
  if (schedules.length === 0) return 'no schedules yet; make one with `blockmesh schedule set`';
  return columns(schedules.map((one) => [plain(String(one.schedule)), describeHours(one)]));
}

function describe(schedule: JsonObject): string {
  return `schedule ${plain(String(schedule.schedule))}: ${describeHours(schedule)}`;
}

function describeHours({ hours, zone, holidays }: JsonObject): string {
  const parts = (hours as unknown as readonly JsonObject[]).map(hoursText);
  return [
    parts.join('; ') || 'never',
    ...(typeof zone === 'string' ? [`zone ${plain(zone)}`] : []),
    ...(holidays === true ? ['holidays too'] : []),
  ].join(', ');
}
