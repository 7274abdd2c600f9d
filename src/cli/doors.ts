import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { zoneRule } from '../node/system-zone.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, collect, common, withSession } from './command.ts';
import { alarmCommands } from './door-alarms.ts';
import { type DoorOptions, doorOptions, doorSettings } from './door-options.ts';
import { doorOrders } from './door-orders.ts';
import { describeDoor, doorTable } from './door-text.ts';
import type { Environment } from './environment.ts';

import { parseHours } from './hours.ts';
import { Names } from './names.ts';
import { plain, print } from './output.ts';
import { everyPage } from './pages.ts';
import { wireLevels } from './wire-levels.ts';

interface DoorAddOptions extends CommonOptions, DoorOptions {
  readonly reader: string;
  readonly output: string;
  readonly hours: readonly string[];
  readonly zone?: string;
}

export function doorCommands(program: Command, environment: Environment): void {
  const door = program.command('door').description('doors, their readers and whom they let in');
  addCommand(door, environment);
  listCommand(door, environment);
  showCommand(door, environment);
  editCommand(door, environment);
  removeCommand(door, environment);
  doorOrders(door, environment);
  alarmCommands(door, environment);
}

function addCommand(door: Command, environment: Environment): void {
  const add = door
    .command('add')
    .description('add a door: a reader and an output of one board')
    .argument('<name>', 'name of the door, such as front-door')
    .requiredOption('--reader <name>', 'reader, as named in blockmesh.toml')
    .requiredOption('--output <name>', 'output, as named in blockmesh.toml');
  doorOptions(add, false)
    .option(
      '--hours <hours>',
      'when members may enter (repeat for more): makes a schedule of the same name',
      collect,
      [],
    )
    .option('--zone <rule>', 'the time zone of --hours, by name or as a POSIX TZ rule; the space’s when left out');
  common(add, environment, [
    'door add front-door --reader front-reader --output front-strike',
    'door add shop --reader shop-reader --output shop-strike --hours "mon-fri 8-20" --hours "sat 10:00-16:00"',
    'door add lab --reader lab-reader --output lab-strike --allow plan:full --allow role:trainer@evenings --pin',
    'door add back --reader back-reader --output back-strike --exit-button back-exit --contact back-contact',
  ]);
  add.action(async (name: string, options: DoorAddOptions) => {
    const { reader, output, zone } = options;
    const hours = options.hours.map(parseHours);
    const params = {
      door: name,
      reader,
      output,
      ...doorSettings(options),
      ...(hours.length === 0 ? {} : { hours, zone: zone === undefined ? null : zoneRule(zone) }),
    };
    const result = await withSession(options, environment, (session) => session.call('door.add', params));
    print(result, options.json === true, () => `door ${plain(name)}: ${plain(reader)} opens ${plain(output)}`);
  });
}

function listCommand(door: Command, environment: Environment): void {
  const list = door.command('list').description('list the doors');
  common(list, environment, ['door list', 'door list --json']).action(async (options: CommonOptions) => {
    const doors = await withSession(options, environment, (session) =>
      everyPage(session, 'door.list', 'doors', 'door'),
    );
    print({ doors }, options.json === true, () => doorTable(doors));
  });
}

function showCommand(door: Command, environment: Environment): void {
  const show = door
    .command('show')
    .description('all about one door, and what it showed last')
    .argument('<name>', 'name of the door');
  common(show, environment, ['door show front-door']).action(async (name: string, options: CommonOptions) => {
    await withSession(options, environment, async (session) => {
      const door = (await session.call('door.show', { door: name })) as JsonObject;
      const result = { ...door, levels: await wireLevels(session) };
      const clock = new SpaceClock(session);
      const text = options.json === true ? '' : await describeDoor(result, clock, new Names(session));
      print(result, options.json === true, () => text);
    });
  });
}

function editCommand(door: Command, environment: Environment): void {
  const edit = door
    .command('edit')
    .description('change a door; what is not named stays, and --allow replaces all its rules')
    .argument('<name>', 'name of the door');
  common(doorOptions(edit, true), environment, [
    'door edit front-door --open-ms 5000',
    'door edit shop --allow everyone@days --allow role:admin --keep-open fridays',
    'door edit lab --two 20s --no-pin',
    'door edit front-door --exit-button front-exit --contact front-contact --held-ms 30000',
  ]);
  edit.action(async (name: string, options: CommonOptions & DoorOptions) => {
    const settings = doorSettings(options);
    if (Object.keys(settings).length === 0)
      edit.error('error: name at least one setting to change (add --help for them)');
    const result = await withSession(options, environment, (session) =>
      session.call('door.edit', { door: name, ...settings }),
    );
    print(result, options.json === true, () => `door ${plain(name)}: ${Object.keys(settings).join(', ')} changed`);
  });
}

function removeCommand(door: Command, environment: Environment): void {
  const remove = door
    .command('remove')
    .description('remove a door; its reader and output are free for another')
    .argument('<name>', 'name of the door');
  common(remove, environment, ['door remove back-door']).action(async (name: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) => session.call('door.remove', { door: name }));
    print(result, options.json === true, () => `door ${plain(name)} is removed`);
  });
}
