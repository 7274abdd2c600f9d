import type { Command } from 'commander';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { type CommonOptions, common, wholeNumber, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { parseHours } from './hours.ts';
import { columns, plain, print } from './output.ts';

interface DoorAddOptions extends CommonOptions {
  readonly reader: string;
  readonly output: string;
  readonly openMs: number;
  readonly bits: number;
  readonly hours: readonly string[];
  readonly zone: string;
}

export function doorCommands(program: Command, environment: Environment): void {
  const door = program.command('door').description('doors, their readers and their hours');
  const add = door
    .command('add')
    .description('add a door: a reader and an output of one board')
    .argument('<name>', 'name of the door, such as front-door')
    .requiredOption('--reader <name>', 'reader, as named in blockmesh.toml')
    .requiredOption('--output <name>', 'output, as named in blockmesh.toml')
    .option('--open-ms <ms>', 'how long the door opens', wholeNumber, 3000)
    .option('--bits <n>', 'the narrowest view of a card it accepts: 24, 32 or 40', wholeNumber, 32)
    .option('--hours <hours>', 'when members may enter (repeat for more); none: at any time', collect, [])
    .option('--zone <rule>', 'the hours’ time zone, as a POSIX TZ rule', 'UTC0');
  common(add, environment, [
    'door add front-door --reader front-reader --output front-strike',
    'door add shop --reader shop-reader --output shop-strike --hours "mon-fri 08:00-20:00" --hours "sat 10:00-16:00" --zone "CET-1CEST,M3.5.0,M10.5.0/3"',
  ]);
  add.action((name: string, options: DoorAddOptions) => addDoor(name, options, environment));

  const list = door.command('list').description('list the doors');
  common(list, environment, ['door list', 'door list --json']).action(async (options: CommonOptions) => {
    const result = await withSession(options, environment, (session) => session.call('door.list', {}));
    print(result, options.json === true, () => table((result as { doors: readonly JsonObject[] }).doors));
  });
}

async function addDoor(name: string, options: DoorAddOptions, environment: Environment): Promise<void> {
  const { reader, output, zone } = options;
  const hours = options.hours.map(parseHours);
  const params = {
    door: name,
    reader,
    output,
    openMs: options.openMs,
    bits: options.bits,
    ...(hours.length === 0 ? {} : { hours, zone }),
  };
  const result = await withSession(options, environment, (session) => session.call('door.add', params));
  print(result, options.json === true, () => `door ${name}: ${reader} opens ${output} for ${options.openMs} ms`);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Whom a door lets in and when, rule by rule. */
function rulesOf({ allow }: JsonObject): string {
  const rules = (Array.isArray(allow) ? allow : []).filter(isJsonObject).map(({ who, schedule }) => {
    const hours = schedule === null ? 'at any time' : `schedule ${plain(String(schedule))}`;
    return who === 'everyone' ? hours : `${plain(String(who))} ${hours}`;
  });
  return rules.length === 0 ? 'nobody' : rules.join('; ');
}

function table(doors: readonly JsonObject[]): string {
  if (doors.length === 0) return 'no doors yet; add one with `blockmesh door add`';
  const cell = (door: JsonObject, name: string) => plain(String(door[name] ?? ''));
  return columns(
    doors.map((door) => [
      cell(door, 'door'),
      `${cell(door, 'reader')} -> ${cell(door, 'output')}`,
      `${cell(door, 'openMs')} ms`,
      rulesOf(door),
    ]),
  );
}
