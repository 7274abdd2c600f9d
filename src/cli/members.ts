import { type Command, InvalidArgumentError } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { WHO } from './argument-help.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { memberList } from './member-list.ts';
import { memberOrders } from './member-orders.ts';
import { memberTables } from './member-tables.ts';
import { plain, print } from './output.ts';
import { instantsOf, personText } from './person-text.ts';
import { withoutPlanText } from './without-plan-text.ts';

interface FieldOptions extends CommonOptions {
  readonly name?: string;
  readonly groups?: readonly string[];
  readonly roles?: readonly string[];
  readonly family?: string;
  readonly permanent?: boolean;
  readonly email?: string;
}

const PERMANENCE = `
Whoever is given a plan is permanent no more, and no end of a plan makes anybody permanent: only --permanent yes does.
It is refused for a member who has plans: take them first.`;

export function memberCommands(program: Command, environment: Environment): void {
  const member = program.command('member').description('the people of the space');
  addCommand(member, environment);
  memberList(member, environment);
  showCommand(member, environment);
  editCommand(member, environment);
  memberOrders(member, environment);
  memberTables(member, environment);
}

function fieldOptions(command: Command): Command {
  return command
    .option('--groups <ids>', 'groups, with spaces between, such as "laser wood"; "" for none', words)
    .option('--roles <roles>', 'admin, trainer or both, with a space between; "" for none', roles)
    .option('--family <id>', 'family, made before with `family set`; "" for none')
    .option(
      '--permanent <yes|no>',
      'in order without any plan; else a plan is needed, or a family that is covered',
      yesNo,
    )
    .option('--email <address>', 'e-mail address; "" for none');
}

function addCommand(member: Command, environment: Environment): void {
  const add = member.command('add').description('add a member').argument('<name>', 'the member’s name');
  add.addHelpText('after', `\nA new member is permanent, unless --family or --permanent no is said.${PERMANENCE}`);
  common(fieldOptions(add), environment, [
    'member add "Ada Lovelace"',
    'member add "Alan Turing" --permanent no',
    'member add "Grace Hopper" --groups "laser wood" --roles trainer --email grace@example.org',
  ]);
  add.action(async (name: string, options: FieldOptions) => {
    const params = { name, ...fieldsOf(options) };
    const result = (await withSession(options, environment, (session) =>
      session.call('member.add', params),
    )) as JsonObject;
    const text = () => `${plain(name)} is member ${result.member}${withoutPlanText(result)}`;
    print(result, options.json === true, text);
  });
}

function showCommand(member: Command, environment: Environment): void {
  const show = member
    .command('show')
    .description('all that is known of a member: standing, plans, badges, suspensions')
    .argument('<member>', WHO);
  common(show, environment, ['member show "Ada Lovelace"', 'member show m-0a1b2c3d --json']);
  show.action(async (name: string, options: CommonOptions) => {
    const { person, clock } = await withSession(options, environment, async (session) => {
      const found = (await session.call('member.show', { member: name })) as JsonObject;
      const spaceClock = new SpaceClock(session);
      await spaceClock.know(...instantsOf(found));
      return { person: found, clock: spaceClock };
    });
    print(person, options.json === true, () => personText(person, clock));
  });
}

function editCommand(member: Command, environment: Environment): void {
  const edit = member
    .command('edit')
    .description('change what is written about a member; what is not named stays')
    .argument('<member>', WHO)
    .option('--name <name>', 'a new name');
  edit.addHelpText('after', `\n--family ends permanence, unless --permanent yes is said with it.${PERMANENCE}`);
  common(fieldOptions(edit), environment, [
    'member edit "Grace Hopper" --name "Grace Brewster Hopper"',
    'member edit m-0a1b2c3d --groups "laser wood" --email ""',
    'member edit "Fay" --family eves',
    'member edit "Fay" --permanent yes',
  ]);
  edit.action(async (name: string, options: FieldOptions) => {
    const fields = fieldsOf(options);
    if (Object.keys(fields).length === 0) edit.error('error: name at least one field to change (add --help for them)');
    const params = { member: name, ...fields };
    const result = (await withSession(options, environment, (session) =>
      session.call('member.edit', params),
    )) as JsonObject;
    const changed = Object.keys(fields).join(', ');
    const { before, after } = result.permanent as JsonObject;
    const now = before === after ? '' : after === true ? '; a permanent member now' : '; no permanent member any more';
    const text = () => `${plain(name)}: ${changed} changed${now}${withoutPlanText(result)}`;
    print(result, options.json === true, text);
  });
}

/** What the options say, in the words of the operations. */
function fieldsOf({ name, groups, roles: has, family, permanent, email }: FieldOptions): JsonObject {
  return {
    ...(name !== undefined && { name }),
    ...(groups !== undefined && { groups }),
    ...(has !== undefined && { roles: has }),
    ...(family !== undefined && { family: family === '' ? null : family }),
    ...(permanent !== undefined && { permanent }),
    ...(email !== undefined && { email: email === '' ? null : email }),
  };
}

function yesNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new InvalidArgumentError('It is yes or no.');
  return text === 'yes';
}

function words(text: string): readonly string[] {
  return text.split(/[\s,;]+/).filter((word) => word !== '');
}

function roles(text: string): readonly string[] {
  const given = words(text);
  const odd = given.find((role) => role !== 'admin' && role !== 'trainer');
  if (odd !== undefined) throw new InvalidArgumentError('Roles are admin and trainer.');
  return given;
}
