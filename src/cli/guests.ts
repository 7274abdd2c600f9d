import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { instantsIn, SpaceClock } from './clock.ts';
import { type CommonOptions, collect, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { parseHours } from './hours.ts';
import { Names } from './names.ts';
import { columns, plain, print } from './output.ts';
import { hoursOf, rangeText } from './person-text.ts';
import type { Session } from './session.ts';
import { parseTime, TIME_HELP } from './times.ts';

interface AddOptions extends CommonOptions {
  readonly host: string;
  readonly from?: string;
  readonly until: string;
  readonly hours: readonly string[];
}

interface EndOptions extends CommonOptions {
  readonly until?: string;
}

export function guestCommands(program: Command, environment: Environment): void {
  const guest = program.command('guest').description('people whom a member invites for a while');
  addCommand(guest, environment);
  const list = guest.command('list').description('list the guests');
  common(list, environment, ['guest list', 'guest list --json']).action(async (options: CommonOptions) => {
    const { guests, clock, names } = await withSession(options, environment, async (session) => {
      const all = await allGuests(session);
      const spaceClock = new SpaceClock(session);
      const stays = all.map(({ guest: stay }) => stay as JsonObject);
      await spaceClock.know(...instantsIn(stays, 'from'), ...instantsIn(stays, 'until'));
      const hosts = new Names(session);
      await hosts.knowMembers(stays.map(({ host }) => host));
      return { guests: all, clock: spaceClock, names: hosts };
    });
    print({ guests }, options.json === true, () => table(guests, clock, names));
  });

  const end = guest
    .command('end')
    .description('end a guest’s time, now or at another time')
    .argument('<guest>', 'name or id of the guest')
    .option('--until <time>', `when it ends (default: now): ${TIME_HELP}`);
  common(end, environment, ['guest end "Gus"', 'guest end g-0a1b2c3d --until "today 22:00"']);
  end.action(async (name: string, options: EndOptions) => {
    const { result, clock } = await withSession(options, environment, async (session) => {
      const spaceClock = new SpaceClock(session);
      const { until } = options;
      const when = until === undefined ? {} : { until: await parseTime(until, spaceClock, Date.now()) };
      const ended = (await session.call('guest.end', { member: name, ...when })) as JsonObject;
      await spaceClock.know(Number(ended.until));
      return { result: ended, clock: spaceClock };
    });
    const text = () => `${plain(String(result.name))} may come until ${clock.text(Number(result.until))}`;
    print(result, options.json === true, text);
  });
}

function addCommand(guest: Command, environment: Environment): void {
  const add = guest
    .command('add')
    .description('add a guest; a card for them: `badge enrol`')
    .argument('<name>', 'the guest’s name')
    .requiredOption('--host <member>', 'name or id of the member who invites them')
    .requiredOption('--until <time>', `the first moment at which they may not come any more: ${TIME_HELP}`)
    .option('--from <time>', 'from when they may come (default: now)')
    .option(
      '--hours <hours>',
      'when in the week, such as "mon-fri 9-17" (repeat for more); none: at any hour',
      collect,
      [],
    );
  common(add, environment, [
    'guest add "Gus" --host "Ada Lovelace" --until +2d',
    'guest add "Gus" --host m-0a1b2c3d --from 2026-12-01 --until 2026-12-08 --hours "mon-fri 9-17"',
  ]);
  add.action(async (name: string, options: AddOptions) => {
    const hours = options.hours.map(parseHours);
    const { result, clock } = await withSession(options, environment, async (session) => {
      const spaceClock = new SpaceClock(session);
      const nowMs = Date.now();
      const until = await parseTime(options.until, spaceClock, nowMs);
      const from = options.from === undefined ? {} : { from: await parseTime(options.from, spaceClock, nowMs) };
      const params = { name, member: options.host, until, hours, ...from };
      const added = (await session.call('guest.add', params)) as JsonObject;
      await spaceClock.know(Number(added.from), Number(added.until));
      return { result: added, clock: spaceClock };
    });
    const { guest: id, hostName, from, until } = result;
    const when = `${rangeText(clock, from, until)}, ${hoursOf(result.hours)}`;
    const text = () => `${plain(name)} is guest ${id} of ${plain(String(hostName))} ${when}`;
    print(result, options.json === true, text);
  });
}

async function allGuests(session: Session): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = [];
  for (let params: JsonObject = {}; ; ) {
    const page = (await session.call('guest.list', params)) as JsonObject;
    all.push(...(page.guests as unknown as readonly JsonObject[]));
    if (page.more !== true || page.after === null) return all;
    params = { after: page.after ?? null };
  }
}

function table(guests: readonly JsonObject[], clock: SpaceClock, names: Names): string {
  if (guests.length === 0) return 'no guests; add one with `blockmesh guest add NAME --host MEMBER --until TIME`';
  return columns(
    guests.map(({ member, name, guest, suspended }) => {
      const { host, from, until, hours } = guest as JsonObject;
      const mark = suspended === true ? 'SUSPENDED' : '';
      const range = rangeText(clock, from, until);
      return [plain(String(member)), plain(String(name)), `of ${plain(names.orId(host))}`, range, hoursOf(hours), mark];
    }),
  );
}
