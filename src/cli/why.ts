import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { WHO } from './argument-help.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import { codeText } from './denials.ts';
import type { Environment } from './environment.ts';
import { columns, plain, print } from './output.ts';
import { parseTime, TIME_HELP } from './times.ts';

interface WhyOptions extends CommonOptions {
  readonly at?: string;
  readonly badge?: string;
}

export function whyCommand(program: Command, environment: Environment): void {
  const command = program
    .command('why')
    .description('whether a door lets a member in, by which rule, and everything that stands against it')
    .argument('<door>', 'name of the door')
    .argument('<member>', WHO)
    .option('--at <time>', `at another time; one that is over is told by what was known then. ${TIME_HELP}`)
    .option('--badge <id>', 'with this badge; else with the one that does best');
  common(command, environment, [
    'why front-door "Ada Lovelace"',
    'why front-door Ada --at "yesterday 18:30"',
    'why shop m-0a1b2c3d --at +2h --json',
  ]);
  command.action((door: string, member: string, options: WhyOptions) =>
    withSession(options, environment, async (session) => {
      const clock = new SpaceClock(session);
      const at = options.at === undefined ? {} : { at: await parseTime(options.at, clock, Date.now()) };
      const badge = options.badge === undefined ? {} : { badge: options.badge };
      const result = (await session.call('door.why', { door, member, ...at, ...badge })) as JsonObject;
      await clock.know(Number(result.at), Number(result.blockedUntil ?? result.at));
      print(result, options.json === true, () => describe(result, clock));
    }),
  );
}

function describe(result: JsonObject, clock: SpaceClock): string {
  const { door, name, member, badge, granted, isPast, rule, blockedUntil } = result;
  const denials = result.denials as unknown as readonly { readonly code: string; readonly rule: string }[];
  const needs = (result.needs ?? []) as readonly string[];
  const hasBadge = typeof badge === 'string';
  const wordsOf = ({ code, rule: by }: { readonly code: string; readonly rule: string }) =>
    code === 'unknown_badge' && !hasBadge ? 'the member has no badge' : codeText(code, by);
  const verdict = granted === true ? `yes, rule ${plain(String(rule))}` : `no, ${denials[0]?.code ?? ''}`;
  const by = isPast === true ? ', by what was known then' : '';
  const reasons = columns(
    denials.map((denial) => [`  ${denial.code}`, `${wordsOf(denial)} (rule ${plain(denial.rule)})`]),
  );
  return [
    `${plain(String(name))} (${plain(String(member))}) at ${plain(String(door))}, ${clock.text(Number(result.at))}${by}: ${verdict}`,
    ...(denials.length > 0 ? [reasons] : []),
    hasBadge ? `  with badge ${plain(badge)}` : '  without a badge',
    ...(needs.includes('pin') ? ['  provided that the PIN is right'] : []),
    ...(needs.includes('second_person') ? ['  provided that a second member badges in'] : []),
    ...(typeof blockedUntil === 'number' ? [`  PINs are not taken before ${clock.text(blockedUntil)}`] : []),
  ].join('\n');
}
