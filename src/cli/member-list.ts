import type { Command } from 'commander';
import type { Json, JsonObject } from '../base/json.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { columns, plain, print } from './output.ts';
import { everyPage } from './pages.ts';

/** `member list`. */
export function memberList(member: Command, environment: Environment): void {
  const list = member.command('list').description('list the members, guests included');
  common(list, environment, ['member list', 'member list --json']).action(async (options: CommonOptions) => {
    const { members, clock } = await withSession(options, environment, async (session) => {
      const all = await everyPage(session, 'member.list', 'members', 'member');
      const spaceClock = new SpaceClock(session);
      await spaceClock.know(...all.map(({ since }) => Number(since)));
      return { members: all, clock: spaceClock };
    });
    print({ members }, options.json === true, () => table(members, clock));
  });
}

function table(members: readonly JsonObject[], clock: SpaceClock): string {
  if (members.length === 0) return 'no members yet; add one with `blockmesh member add NAME`';
  const cell = (value: Json | undefined) => plain(String(value ?? ''));
  return columns(
    members.map((one) => {
      const { member, name, since, suspended, guest, roles: has } = one;
      const marks = [
        ...(guest === null ? coverMarks(one) : ['guest']),
        ...((has ?? []) as readonly string[]),
        ...(suspended === true ? ['SUSPENDED'] : []),
      ];
      return [cell(member), cell(name), `since ${clock.text(Number(since))}`, marks.join(', ')];
    }),
  );
}

/** By what a member is in order; one of a family is covered by its head, of whom a list knows nothing. */
function coverMarks({ permanent, plans, family }: JsonObject): readonly string[] {
  if (permanent === true) return ['permanent'];
  const given = (plans as readonly JsonObject[]).map(({ plan }) => `plan ${plain(String(plan))}`);
  if (given.length > 0 || family === null) return given.length > 0 ? given : ['NO PLAN'];
  return [`family ${plain(String(family))}`];
}
