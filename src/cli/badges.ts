import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { NUMBER, WHICH, WHO } from './argument-help.ts';
import { badgeEnrol } from './badge-enrol.ts';
import { badgeGlass } from './badge-glass.ts';
import { badgePin } from './badge-pin.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { describeDecision } from './facts.ts';
import { Names } from './names.ts';
import { EXIT_DENIED, plain, print } from './output.ts';

interface TestOptions extends CommonOptions {
  readonly pin?: string;
}

export function badgeCommands(program: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const badge = program.command('badge').description('cards and tags');
  badgeEnrol(badge, environment);
  lossCommands(badge, environment);
  badgePin(badge, environment);
  badgeGlass(badge, environment);
  const test = badge
    .command('test')
    .description('hold a card to the virtual reader of a door (exit code 4: denied)')
    .argument('<door>', 'name of the door')
    .argument('<number>', NUMBER)
    .option('--pin <digits>', 'type this PIN at the virtual keypad beside it');
  common(test, environment, ['badge test front-door 0009362416', 'badge test shop 0009362416 --pin 4711']);
  test.action(async (door: string, number: string, options: TestOptions) => {
    const params = { door, number, ...(options.pin !== undefined && { pin: options.pin }) };
    const { result, names } = await withSession(options, environment, async (session) => {
      const tested = (await session.call('badge.test', params)) as JsonObject;
      const members = new Names(session);
      if (options.json !== true) await members.know([tested]);
      return { result: tested, names: members };
    });
    const text = () => `${door}: ${describeDecision(String(result.result), names.inWords(result))}`;
    print(result, options.json === true, text);
    if (result.result === 'denied') setExitCode(EXIT_DENIED);
  });
}

function lossCommands(badge: Command, environment: Environment): void {
  const orders: readonly (readonly [string, string, (result: JsonObject) => string])[] = [
    ['lost', 'say that a card is lost: it opens nothing until it is found', () => 'is lost: it opens nothing now'],
    [
      'found',
      'say that a lost card was found',
      ({ isHeld }) => (isHeld === true ? 'was found and opens doors again' : 'was found and may be enrolled again'),
    ],
    [
      'remove',
      'take a card from a member; a lost one stays blocked',
      ({ isLost }) => (isLost === true ? 'is removed, and blocked until it is found' : 'is removed'),
    ],
  ];
  for (const [verb, description, words] of orders) {
    const command = badge.command(verb).description(description).argument('<member>', WHO).argument('[badge]', WHICH);
    common(command, environment, [`badge ${verb} "Ada Lovelace"`, `badge ${verb} "Ada Lovelace" b-0a1b2c3d`]);
    command.action(async (member: string, which: string | undefined, options: CommonOptions) => {
      const params = { member, ...(which !== undefined && { badge: which }) };
      const result = await withSession(options, environment, (session) => session.call(`badge.${verb}`, params));
      const { name, badge: id } = result as JsonObject;
      const text = () => `badge ${id} of ${plain(String(name))} ${words(result as JsonObject)}`;
      print(result, options.json === true, text);
    });
  }
}
