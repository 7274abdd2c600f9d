import type { Command } from 'commander';
import type { Json, JsonObject } from '../base/json.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { columns, plain, print, timeText } from './output.ts';
import type { Session } from './session.ts';

export function memberCommands(program: Command, environment: Environment): void {
  const member = program.command('member').description('the people of the space');
  const add = member.command('add').description('add a member').argument('<name>', 'the member’s name');
  common(add, environment, ['member add "Ada Lovelace"']).action(async (name: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) => session.call('member.add', { name }));
    const { member: id } = result as { member: string };
    print(result, options.json === true, () => `${plain(name)} is member ${id}`);
  });
  const list = member.command('list').description('list the members');
  common(list, environment, ['member list', 'member list --json']).action(async (options: CommonOptions) => {
    const members = await withSession(options, environment, allMembers);
    print(members, options.json === true, () => table(members));
  });
}

async function allMembers(session: Session): Promise<readonly JsonObject[]> {
  const members: JsonObject[] = [];
  for (let params: JsonObject = {}; ; ) {
    const page = (await session.call('member.list', params)) as { members: JsonObject[]; more: boolean };
    members.push(...page.members);
    const last = page.members.at(-1)?.member;
    if (!page.more || last === undefined) return members;
    params = { after: last };
  }
}

function table(members: readonly JsonObject[]): string {
  if (members.length === 0) return 'no members yet; add one with `blockmesh member add NAME`';
  const cell = (value: Json | undefined) => plain(String(value ?? ''));
  return columns(
    members.map(({ member, name, since }) => [cell(member), cell(name), `since ${timeText(Number(since))}`]),
  );
}
