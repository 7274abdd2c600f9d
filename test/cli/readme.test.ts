import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { untilFound } from '../node/program.ts';
import { TestSpace } from '../node/space-harness.ts';

/** What the README tells a new user to type, typed in its order into a space with the devices it speaks of. */

const README = join(import.meta.dirname, '../../README.md');
const COMMAND = /^ {4}npx --no-install blockmesh (.*)$/;
/** They never end, or write where a test must not. */
const LEFT_OUT = /--follow|\/media\//;

function commandsOf(section: string): readonly string[] {
  return section.split('\n').flatMap((line) => COMMAND.exec(line)?.[1] ?? []);
}

/** As a shell parts them, for what the README has: words, and words in quotes. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
}

/** Somebody forces the door, so that there is an alarm to clear. */
async function force(space: TestSpace): Promise<void> {
  const says = (words: readonly string[], sign: string) => async () => {
    const { stdout } = await space.cli(...words);
    return stdout.includes(sign) ? sign : undefined;
  };
  const isForced = says(['door', 'alarms'], 'forced_open');
  const isFound = says(['log', '--kind', 'found.open', '--json'], 'found.open');
  await space.drive('front-contact high');
  const heard = await untilFound(async () => (await isForced()) ?? (await isFound()), 'the open door');
  if (heard === 'forced_open') return;
  // The agent got to its new contact only when that was open already: a door that is found so is not forced.
  await space.drive('front-contact low');
  await untilFound(says(['door', 'show', 'front-door'], 'contact front-contact: closed'), 'the closed door');
  await space.drive('front-contact high');
  await untilFound(isForced, 'the alarm');
}

t.test('the commands of the README, in their order', async (t) => {
  const [, section = ''] = readFileSync(README, 'utf8').split('\nFrom then on, ');
  const commands = commandsOf(section.split('\n## ')[0] ?? '').filter((command) => !LEFT_OUT.test(command));
  t.ok(commands.length > 20, `${commands.length} of them`);
  const space = await TestSpace.make(t, { doors: ['front'], wired: ['front'] });
  await space.startPins();
  await space.startNode();
  for (const command of commands) {
    if (command.startsWith('door alarm-clear')) await force(space);
    const { code, stdout, stderr } = await space.cli(...wordsOf(command));
    t.equal(code, 0, `${command}: ${stderr}`);
    t.not(stdout, '', `${command}: it says what was done`);
  }
});
