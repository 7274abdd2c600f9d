import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { Names } from './names.ts';
import { columns, plain, print } from './output.ts';
import { everyPage } from './pages.ts';
import { withoutPlanText } from './without-plan-text.ts';

interface SetOptions extends CommonOptions {
  readonly head: string;
  readonly title?: string;
}

export function familyCommands(program: Command, environment: Environment): void {
  const family = program
    .command('family')
    .description('families: the head’s family plans count for all of them, and so does a permanent head');
  const set = family
    .command('set')
    .description('make a family, or change its head or title; who is in it: `member edit --family`')
    .argument('<id>', 'id of the family, such as hoppers')
    .requiredOption('--head <member>', 'name or id of the member who pays')
    .option('--title <text>', 'what people call it (default: the id)');
  common(set, environment, ['family set hoppers --title "The Hoppers" --head "Grace Hopper"']);
  set.action(async (id: string, options: SetOptions) => {
    const { head, title = id } = options;
    const params = { family: id, title, member: head };
    const result = await withSession(options, environment, (session) => session.call('family.set', params));
    const { name } = result as JsonObject;
    const text = () => `family ${plain(id)}: ${plain(title)}, headed by ${plain(String(name))}`;
    print(result, options.json === true, () => `${text()}${withoutPlanText(result as JsonObject)}`);
  });

  const list = family.command('list').description('list the families');
  common(list, environment, ['family list', 'family list --json']).action(async (options: CommonOptions) => {
    const { families, names } = await withSession(options, environment, async (session) => {
      const all = await everyPage(session, 'family.list', 'families', 'family');
      const people = new Names(session);
      await people.knowMembers(all.flatMap(({ head, members }) => [head, ...(members as readonly string[])]));
      return { families: all, names: people };
    });
    print({ families }, options.json === true, () => table(families, names));
  });

  const remove = family.command('remove').description('remove a family that nobody is in').argument('<id>', 'its id');
  common(remove, environment, ['family remove hoppers']).action(async (id: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) => session.call('family.remove', { family: id }));
    print(result, options.json === true, () => `family ${plain(id)} is removed`);
  });
}

function table(families: readonly JsonObject[], names: Names): string {
  if (families.length === 0) return 'no families yet; make one with `blockmesh family set ID --head MEMBER`';
  return columns(
    families.map(({ family, title, head, members }) => [
      plain(String(family)),
      plain(String(title)),
      `head ${plain(names.orId(head))}`,
      `in it: ${(members as readonly string[]).map((member) => plain(names.orId(member))).join(', ') || 'nobody'}`,
    ]),
  );
}
