import type { Command } from 'commander';
import type { Json, JsonObject } from '../base/json.ts';
import { WHO } from './argument-help.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, common, wholeNumber, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { columns, plain, print } from './output.ts';
import { everyPage } from './pages.ts';
import { rangeText } from './person-text.ts';
import { parseTime, TIME_HELP } from './times.ts';
import { withoutPlanText } from './without-plan-text.ts';

interface SetOptions extends CommonOptions {
  readonly title?: string;
  readonly grace: number;
  readonly family?: boolean;
}

interface GiveOptions extends CommonOptions {
  readonly from?: string;
  readonly until?: string;
}

const UNCOVERS =
  '\nit covered families until now: whoever was in order by it alone, as `blockmesh family list` has them, is no more';

export function planCommands(program: Command, environment: Environment): void {
  const plan = program.command('plan').description('what members sign up for, and until when they have it');
  setCommand(plan, environment);
  const list = plan.command('list').description('list the plans');
  common(list, environment, ['plan list', 'plan list --json']).action(async (options: CommonOptions) => {
    const plans = await withSession(options, environment, (session) =>
      everyPage(session, 'plan.list', 'plans', 'plan'),
    );
    print({ plans }, options.json === true, () => table(plans));
  });
  giveCommand(plan, environment);
  takeCommand(plan, environment);
}

function setCommand(plan: Command, environment: Environment): void {
  const set = plan
    .command('set')
    .description('make a plan, or change it for everybody who has it')
    .argument('<id>', 'id of the plan, such as month')
    .option('--title <text>', 'what people call it (default: the id)')
    .option('--grace <days>', 'how many days after its end it still counts, up to 366', wholeNumber, 0)
    .option('--family', 'it covers the families whose head has it');
  common(set, environment, [
    'plan set month --title "By the month" --grace 7',
    'plan set family-year --title "Families, by the year" --grace 14 --family',
  ]);
  set.action(async (id: string, options: SetOptions) => {
    const { title = id, grace, family = false } = options;
    const params = { plan: id, title, graceDays: grace, family };
    const result = await withSession(options, environment, (session) => session.call('plan.set', params));
    const { uncovers } = result as JsonObject;
    const warned = uncovers === true ? UNCOVERS : '';
    print(
      result,
      options.json === true,
      () => `plan ${plain(id)}: ${plain(title)}, ${termsText(grace, family)}${warned}`,
    );
  });
}

function giveCommand(plan: Command, environment: Environment): void {
  const give = plan
    .command('give')
    .description('give a member a plan, or new dates for one they have')
    .argument('<member>', WHO)
    .argument('<plan>', 'id of the plan')
    .option('--from <time>', `when it begins (default: now): ${TIME_HELP}`)
    .option('--until <time>', 'the first moment after it (default: no end)');
  common(give, environment, [
    'plan give "Ada Lovelace" month --until 2027-01-01',
    'plan give m-0a1b2c3d year --from 2027-01-01 --until 2028-01-01',
  ]);
  give.action(async (name: string, id: string, options: GiveOptions) => {
    const { result, clock } = await withSession(options, environment, async (session) => {
      const spaceClock = new SpaceClock(session);
      const nowMs = Date.now();
      const from = options.from === undefined ? {} : { from: await parseTime(options.from, spaceClock, nowMs) };
      const until = options.until === undefined ? {} : { until: await parseTime(options.until, spaceClock, nowMs) };
      const given = (await session.call('plan.give', { member: name, plan: id, ...from, ...until })) as JsonObject;
      await spaceClock.know(Number(given.from), Number(given.until ?? given.from));
      return { result: given, clock: spaceClock };
    });
    const range = rangeText(clock, result.from, result.until);
    const text = () => `${plain(String(result.name))} has plan ${plain(id)} ${range}${withoutPlanText(result)}`;
    print(result, options.json === true, text);
  });
}

function takeCommand(plan: Command, environment: Environment): void {
  const take = plan
    .command('take')
    .description('take a plan from a member')
    .argument('<member>', WHO)
    .argument('<plan>', 'id of the plan')
    .addHelpText(
      'after',
      '\nWhoever has no plan left, nor one by their family, may not enter: no plan makes nobody permanent.',
    );
  common(take, environment, ['plan take "Ada Lovelace" month', 'plan take m-0a1b2c3d month --json']);
  take.action(async (name: string, id: string, options: CommonOptions) => {
    const params = { member: name, plan: id };
    const result = (await withSession(options, environment, (session) =>
      session.call('plan.take', params),
    )) as JsonObject;
    const text = () =>
      `${plain(String(result.name))} does not have plan ${plain(id)} now; plans left: ${result.left}${withoutPlanText(result)}`;
    print(result, options.json === true, text);
  });
}

function termsText(graceDays: Json | undefined, family: Json | undefined): string {
  const grace = graceDays === 0 ? 'no grace' : `${graceDays} days of grace`;
  return family === true ? `${grace}, covers families` : grace;
}

function table(plans: readonly JsonObject[]): string {
  if (plans.length === 0) return 'no plans yet; make one with `blockmesh plan set ID`';
  return columns(
    plans.map(({ plan, title, graceDays, family }) => [
      plain(String(plan)),
      plain(String(title)),
      termsText(graceDays, family),
    ]),
  );
}
