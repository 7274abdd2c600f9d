import { Argument, type Command } from 'commander';
import type { Json, JsonObject } from '../base/json.ts';
import { ALARMS, alarmText } from './alarm-text.ts';
import { instantsIn, SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { columns, plain, print } from './output.ts';
import { everyPage } from './pages.ts';

/** What stands wrong at the doors, and clearing it. */
export function alarmCommands(door: Command, environment: Environment): void {
  const list = door.command('alarms').description('what stands wrong at the doors, and since when');
  common(list, environment, ['door alarms', 'door alarms --json']).action(async (options: CommonOptions) => {
    await withSession(options, environment, async (session) => {
      const doors = await everyPage(session, 'door.list', 'doors', 'door');
      const alarms = doors.flatMap((one) =>
        alarmsOf(one.alarms).map((alarm) => ({ door: one.door ?? null, ...alarm })),
      );
      const clock = new SpaceClock(session);
      if (options.json !== true) await clock.know(...instantsIn(alarms, 'since'));
      print({ alarms }, options.json === true, () => alarmTable(alarms, clock));
    });
  });

  const clear = door
    .command('alarm-clear')
    .description('say that you have looked: the alarm ends, and comes again if its cause is still there')
    .argument('<door>', 'name of the door')
    .addArgument(new Argument('<alarm>', 'the alarm, as `door alarms` calls it').choices(ALARMS));
  common(clear, environment, ['door alarm-clear front-door forced_open', 'door alarm-clear front-door welded']);
  clear.action(async (name: string, alarm: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) =>
      session.call('door.alarm-clear', { door: name, alarm }),
    );
    print(result, options.json === true, () => `door ${plain(name)}: ${plain(alarm)} is cleared`);
  });
}

function alarmsOf(alarms: Json | undefined): readonly JsonObject[] {
  return Array.isArray(alarms) ? (alarms as readonly JsonObject[]) : [];
}

function alarmTable(alarms: readonly JsonObject[], clock: SpaceClock): string {
  if (alarms.length === 0) return 'nothing is wrong at any door';
  return columns(
    alarms.map(({ door, alarm, since }) => [
      plain(String(door)),
      plain(String(alarm)),
      `since ${clock.text(Number(since))}`,
      alarmText(String(alarm)),
    ]),
  );
}
