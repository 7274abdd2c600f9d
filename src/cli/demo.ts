import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { pinsOptionsText, writePinsOptions } from '../node/pins-options-file.ts';
import { readConfig } from '../node/read-config.ts';
import { writeFileDurably } from '../store/files.ts';
import { type CommonOptions, withSession } from './command.ts';
import { DemoPrograms } from './demo-programs.ts';
import { demoFolder, type Environment } from './environment.ts';
import type { Session } from './session.ts';

const CARD = '0009362416';
const STRANGE_CARD = '0012345678';
const MEMBER = 'Ada Lovelace';

const CONFIG = `# A door made of nothing: its reader is a pseudo-terminal, its output a line in memory.
[node]
name = "demo"
clock = "trusted"

[reader.front-reader]
driver = "rdm6300"
port = "run/front-reader"
feed = "run/front-reader.feed"

[output.front-strike]
chip = "virtual"
line = "front-strike"
longest_ms = 10000
`;

export function demoCommand(program: Command, environment: Environment): void {
  const command = program
    .command('demo')
    .description('run a space with a virtual door to badge at (needs socat)')
    .option('--folder <path>', 'where the demo lives', demoFolder(environment.release))
    .addHelpText('after', '\nExamples:\n  $ blockmesh demo');
  command.action((options: CommonOptions) => demo(resolve(options.folder), environment));
}

async function demo(folder: string, environment: Environment): Promise<void> {
  const isNew = !existsSync(join(folder, 'ledger.db'));
  const programs = new DemoPrograms(environment, folder, say);
  try {
    if (isNew) await found(folder, programs);
    const config = readConfig(folder);
    const reader = config.reader['front-reader'];
    if (reader !== undefined && 'feed' in reader && reader.feed !== undefined)
      await programs.startPtyPair(reader.port, reader.feed);
    const { socket, options } = config.pins;
    writePinsOptions(pinsOptionsText(config), options);
    await programs.startPins(['--socket', socket, '--options', options]);
    await programs.startNode();
    await withSession({ folder }, environment, furnish);
    say(greeting(folder === environment.folder ? '' : ` --folder ${folder}`));
    await programs.untilStopped();
  } finally {
    await programs.stop();
  }
}

async function found(folder: string, programs: DemoPrograms): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileDurably(join(folder, 'blockmesh.toml'), CONFIG, 0o644);
  say(`making a demo space in ${folder}`);
  const founder = `${folder}-founder.json`;
  await programs.command([
    'init',
    '--name',
    'Demo space',
    '--founder',
    'Demo Admin',
    '--node-name',
    'demo',
    '--key-file',
    founder,
  ]);
}

/** What an interrupted first start left undone is done at the next. */
async function furnish(session: Session): Promise<void> {
  const { doors } = (await session.call('door.list', {})) as { readonly doors: readonly JsonObject[] };
  if (doors.length > 0) return;
  await session.call('member.add', { name: MEMBER });
  await session.call('badge.enrol', { member: MEMBER, number: CARD, label: 'blue card' });
  const door: JsonObject = {
    door: 'front-door',
    reader: 'front-reader',
    output: 'front-strike',
    openMs: 3000,
    bits: 32,
  };
  await session.call('door.add', door);
}

function greeting(option: string): string {
  const command = (words: string) => `  npx --no-install blockmesh ${words}${option}`;
  return [
    '',
    `The front door is closed. ${MEMBER} has card ${CARD}. In another terminal, from this folder, type:`,
    '',
    `${command(`badge test front-door ${CARD}`)}   # granted: the door opens for 3 s`,
    `${command(`badge test front-door ${STRANGE_CARD}`)}   # denied: nobody knows this card`,
    command('log'),
    command('status'),
    '',
    'What the door does shows here. Ctrl-C ends it.',
    '',
  ].join('\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
