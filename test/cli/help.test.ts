import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { demoFolder, readEnvironment } from '../../src/cli/environment.ts';
import { runCommandLine } from '../../src/cli/program.ts';

/** Every command by its help; in this process, for there are too many of them to start one each. */

interface Shown {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(t: Test, ...words: readonly string[]): Promise<Shown> {
  const out = t.capture(process.stdout, 'write');
  const err = t.capture(process.stderr, 'write');
  const code = await runCommandLine(['node', 'blockmesh', ...words], readEnvironment(process.env));
  const text = (calls: readonly { readonly args: readonly unknown[] }[]) => calls.map(({ args }) => args[0]).join('');
  const shown = { code, stdout: text(out()), stderr: text(err()) };
  out.restore();
  err.restore();
  return shown;
}

/** The commands below `words`, each as its words, those that have others below them left out. */
async function commandsBelow(t: Test, words: readonly string[]): Promise<readonly string[]> {
  // A name that the program does not know gets the help of its parent, and so without end.
  if (words.length > 2) throw new Error(`commands nest no deeper than two words: ${words.join(' ')}`);
  const { code, stdout } = await run(t, ...words, '--help');
  const name = words.join(' ');
  t.equal(code, 0, `${name} --help: exit code 0`);
  const listed = stdout.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
  const names = [...listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map(([, one = '']) => one)
    .filter((one) => one !== 'help');
  if (names.length > 0) {
    const all: string[] = [];
    for (const one of names) all.push(...(await commandsBelow(t, [...words, one])));
    return all;
  }
  t.match(stdout, new RegExp(`\\nExamples:\\n {2}\\$ blockmesh ${name}`), `${name} --help has examples`);
  return [name];
}

t.test('every command has its help, with examples', async (t) => {
  const found = await commandsBelow(t, []);
  const wanted = [
    ...['init', 'run', 'reload', 'status', 'health', 'verify', 'repair', 'log', 'why', 'zone', 'demo', 'pins options'],
    ...['import', 'status', 'founder'].map((one) => `board ${one}`),
    ...['restore', 'export', 'import', 'erase'],
    ...['add', 'list', 'remove', 'run', 'restore', 'check'].map((one) => `backup ${one}`),
    ...['chunks', 'put', 'get', 'cat', 'ls', 'rm', 'verify'].map((one) => `blob ${one}`),
    ...['create', 'list', 'rm', 'import', 'show', 'diff', 'restore', 'export'].map((one) => `snapshot ${one}`),
    ...['init', 'stat', 'gc', 'scrub', 'copies'].map((one) => `store ${one}`),
    ...['add', 'list', 'show', 'edit', 'suspend', 'resume', 'forget', 'import', 'export'].map((one) => `member ${one}`),
    ...['set', 'list', 'give', 'take'].map((one) => `plan ${one}`),
    ...['set', 'list', 'remove'].flatMap((one) => [`family ${one}`, `schedule ${one}`]),
    ...['add', 'list', 'end'].map((one) => `guest ${one}`),
    ...['add', 'list', 'erase'].map((one) => `note ${one}`),
    ...['enrol', 'lost', 'found', 'remove', 'pin', 'break-glass', 'test'].map((one) => `badge ${one}`),
    ...['add', 'list', 'show', 'edit', 'remove', 'disable', 'enable', 'lockdown', 'open', 'alarms', 'alarm-clear'].map(
      (one) => `door ${one}`,
    ),
    ...['add', 'list', 'rotate', 'remove', 'ca'].map((one) => `device ${one}`),
    ...['add', 'list', 'remove', 'import'].map((one) => `holiday ${one}`),
  ];
  t.same([...found].sort(), wanted.sort());
});

t.test('wrong usage says what was expected', async (t) => {
  const door = ['door', 'add', 'x', '--reader', 'r', '--output', 'o'];
  const cases: readonly (readonly [words: readonly string[], said: RegExp])[] = [
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['dor', 'list'], /unknown command 'dor'\n\(Did you mean door\?\)/],
    [['member', 'add'], /missing required argument 'name'/],
    [['door', 'add', 'x'], /required option '--reader <name>' not specified/],
    [['status', '--colour'], /unknown option '--colour'/],
    [['log', '--last', 'many'], /whole number/],
    [['log', '--last', '1.5'], /whole number/],
    [[...door, '--open-ms', '1e30'], /whole number/],
    [[...door, '--allow', 'a@b@c'], /like everyone, plan:full or plan:full@days/],
    [[...door, '--two', 'soon'], /a time like 20s/],
    [[...door, '--passback', 'hall'], /like shop=10m/],
    [['door', 'alarm-clear', 'x', 'forced'], /Allowed choices are forced_open, held_open, tamper/],
    [['door', 'edit', 'x'], /name at least one setting/],
    [['member', 'add', 'x', '--permanent', 'maybe'], /It is yes or no/],
  ];
  for (const [words, said] of cases) {
    const { code, stdout, stderr } = await run(t, ...words);
    t.equal(code, 2, `${words.join(' ')}: exit code 2`);
    t.match(stderr, said);
    t.match(stderr, /--help shows what is expected/);
    t.equal(stdout, '');
  }
  t.equal((await run(t, 'badge')).code, 2, 'a group alone');
});

t.test('a new space is put where it was said, and never into the demo', async (t) => {
  const { BLOCKMESH_FOLDER: _, ...variables } = process.env;
  const environment = { ...readEnvironment(variables), folder: demoFolder(readEnvironment(variables).release) };
  for (const words of [
    ['init', '--name', 'Shed', '--founder', 'Ada'],
    ['restore', '/nowhere.backup'],
  ]) {
    const err = t.capture(process.stderr, 'write');
    t.equal(await runCommandLine(['node', 'blockmesh', ...words], environment), 1);
    const said = err().map(({ args }) => args[0]);
    err.restore();
    t.match(said.join(''), /folder_needed[\s\S]*--folder/);
  }
});

t.test('a reader that has enough ends the command without a word', (t) => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  // Whoever reads has left before the command begins: one that leaves later may leave the command the time to end.
  const script = 'exec 3> >(exec true); wait $!; "$0" "$1" help >&3';
  const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, main], { encoding: 'utf8' });
  t.equal(stderr, '');
  t.equal(status, 141, 'as a program that SIGPIPE ended');
  t.end();
});

t.test('whoever starts the command by its name starts it as we do', (t) => {
  const [first] = readFileSync(join(import.meta.dirname, '../../src/cli/main.ts'), 'utf8').split('\n');
  t.equal(first, `#!/usr/bin/env -S node ${ENGINE_FLAGS.join(' ')}`);
  t.end();
});
