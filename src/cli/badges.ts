import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { describeDecision } from './facts.ts';
import { EXIT_DENIED, plain, print } from './output.ts';

const NUMBER = 'the number on the card: 10 digits, 3+5 digits with a comma, or 8 or 10 hex digits';

export function badgeCommands(program: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const badge = program.command('badge').description('cards and tags');
  const enrol = badge
    .command('enrol')
    .description('give a member a badge')
    .argument('<member>', 'name or id of the member')
    .argument('<number>', NUMBER)
    .option('--label <text>', 'what the member calls it', 'card');
  common(enrol, environment, [
    'badge enrol "Ada Lovelace" 0009362416',
    'badge enrol m-0a1b2c3d 142,56304 --label blue',
  ]);
  enrol.action(async (member: string, number: string, options: CommonOptions & { label: string }) => {
    const params = { member, number, label: options.label };
    const result = await withSession(options, environment, (session) => session.call('badge.enrol', params));
    const { badge: id, name } = result as { badge: string; name: string };
    print(result, options.json === true, () => `${plain(name)} has badge ${id}`);
  });

  const test = badge
    .command('test')
    .description('hold a card to the virtual reader of a door (exit code 4: denied)')
    .argument('<door>', 'name of the door')
    .argument('<number>', NUMBER);
  common(test, environment, ['badge test front-door 0009362416']);
  test.action(async (door: string, number: string, options: CommonOptions) => {
    const params = { door, number };
    const result = (await withSession(options, environment, (session) =>
      session.call('badge.test', params),
    )) as JsonObject;
    print(result, options.json === true, () => `${door}: ${describeDecision(String(result.result), result)}`);
    if (result.result === 'denied') setExitCode(EXIT_DENIED);
  });
}
