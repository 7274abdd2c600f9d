import { type Command, InvalidArgumentError } from 'commander';
import type { Json, JsonObject } from '../base/json.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { memberOrders } from './member-orders.ts';
import { memberTables } from './member-tables.ts';
import { columns, plain, print } from './output.ts';
import { everyPage } from './pages.ts';
import { instantsOf, personText } from './person-text.ts';

interface FieldOptions extends CommonOptions {
  readonly name?: string;
  readonly groups?: readonly string[];
  readonly roles?: readonly string[];
  readonly family?: string;
  readonly email?: string;
}

const WHO = 'name or id of the member';

export function memberCommands(program: Command, environment: Environment): void {
  const member = program.command('member').description('the people of the space');
  addCommand(member, environment);
  listCommand(member, environment);
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
    .option('--email <address>', 'e-mail address; "" for none');
}

function addCommand(member: Command, environment: Environment): void {
  const add = member.command('add').description('add a member').argument('<name>', 'the member’s name');
  common(fieldOptions(add), environment, [
    'member add "Ada Lovelace"',
    'member add "Grace Hopper" --groups "laser wood" --roles trainer --email grace@example.org',
  ]);
  add.action(async (name: string, options: FieldOptions) => {
    const params = { name, ...fieldsOf(options) };
    const result = await withSession(options, environment, (session) => session.call('member.add', params));
    const { member: id } = result as { member: string };
    print(result, options.json === true, () => `${plain(name)} is member ${id}`);
  });
}

function listCommand(member: Command, environment: Environment): void {
  const list = member.command('list').description('list the members, guests included');
  common(list, environment, ['member list', 'member list --json']).action(async (options: CommonOptions) => {
    const { members, clock } = await withSession(options, environment, async (session) => {
      const all = await everyPage(session, 'member.list', 'members', 'member');
      const spaceClock = new SpaceClock(session);
      await spaceClock.know(...all.map(({ since }) => Number(since)));
      return { members: all, clock: spaceClock };
    });
    print(members, options.json === true, () => table(members, clock));
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
  common(fieldOptions(edit), environment, [
    'member edit "Grace Hopper" --name "Grace Brewster Hopper"',
    'member edit m-0a1b2c3d --groups "laser wood" --email ""',
    'member edit "Fay" --family eves',
  ]);
  edit.action(async (name: string, options: FieldOptions) => {
    const fields = fieldsOf(options);
    const params = { member: name, ...fields };
    const result = await withSession(options, environment, (session) => session.call('member.edit', params));
    const changed = Object.keys(fields).join(', ') || 'nothing';
    print(result, options.json === true, () => `${plain(name)}: ${changed} changed`);
  });
}

/** What the options say, in the words of the operations. */
function fieldsOf({ name, groups, roles: has, family, email }: FieldOptions): JsonObject {
  return {
    ...(name !== undefined && { name }),
    ...(groups !== undefined && { groups }),
    ...(has !== undefined && { roles: has }),
    ...(family !== undefined && { family: family === '' ? null : family }),
    ...(email !== undefined && { email: email === '' ? null : email }),
  };
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

function table(members: readonly JsonObject[], clock: SpaceClock): string {
  if (members.length === 0) return 'no members yet; add one with `blockmesh member add NAME`';
  const cell = (value: Json | undefined) => plain(String(value ?? ''));
  return columns(
    members.map(({ member, name, since, suspended, guest, roles: has }) => {
      const marks = [
        ...(guest === null ? [] : ['guest']),
        ...((has ?? []) as readonly string[]),
        ...(suspended === true ? ['SUSPENDED'] : []),
      ];
      return [cell(member), cell(name), `since ${clock.text(Number(since))}`, marks.join(', ')];
    }),
  );
}
