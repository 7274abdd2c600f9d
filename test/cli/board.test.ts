import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { lockImport } from '../../src/node/board/import-lock.ts';
import { plugIn } from '../node/plug-in.ts';
import { Program } from '../node/program.ts';
import { VIRTUAL_PINS } from '../node/space-harness.ts';
import { newFolder } from '../store/open-store.ts';

/** `blockmesh board` as a board runs it: from a card to a door that opens. */

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const CARD = '0009362416';

const CARD_FILE = `[space]
name = "Nord"
admin = "Ada Lovelace"
badge = "${CARD}"
break_glass = ["0000000042"]
zone = "CET-1CEST,M3.5.0,M10.5.0/3"

[door.front-door]
reader = "front-reader"
output = "front-strike"
open_ms = 500

[node]
clock = "untrusted"

[broker]
enabled = false

[reader.front-reader]
driver = "rdm6300"
port = "run/front"
feed = "run/front.feed"

[output.front-strike]
chip = "virtual"
line = "front"
`;

function start(t: Test, file: string, words: readonly string[]): Program {
  const child: ChildProcess = spawn('setpriv', ['--pdeathsig', 'KILL', file, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
  });
  const program = new Program(child);
  t.teardown(() => program.kill());
  return program;
}

interface Board {
  readonly root: string;
  readonly space: string;
  put(text: string): void;
  cli(...words: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }>;
  import(...words: readonly string[]): Promise<JsonObject>;
}

function board(t: Test): Board {
  const root = newFolder(t);
  const path = (name: string) => join(root, name);
  mkdirSync(path('card'));
  const cli = async (...words: readonly string[]) => {
    const program = start(t, process.execPath, [...ENGINE_FLAGS, MAIN, ...words]);
    const { code } = await program.exited;
    return { code, text: `${program.lines.join('\n')}${program.stderr}` };
  };
  const folders = ['--card', path('card'), '--board', path('board'), '--folder', path('space')];
  return {
    root,
    space: path('space'),
    put: (text) => writeFileSync(path('card/blockmesh.toml'), text),
    cli,
    async import(...words) {
      const { code, text } = await cli('board', 'import', ...folders, '--json', ...words);
      if (code !== 0) throw new Error(text);
      return JSON.parse(text) as JsonObject;
    },
  };
}

t.test('from a card to a door that opens', async (t) => {
  const one = board(t);
  one.put(CARD_FILE);
  t.strictSame((await one.import()).notes, []);
  const { founder, dust } = { founder: join(one.root, 'board/founder'), dust: `${one.space}.new` };
  t.strictSame(readdirSync(founder).sort(), ['founder.json', 'recovery-key.txt']);
  t.equal(statSync(founder).mode & 0o777, 0o700);
  t.notOk(existsSync(dust));
  t.notMatch(readFileSync(join(one.root, 'board/settings.json'), 'utf8'), CARD, 'no number of a card is kept');
  t.notMatch(readFileSync(join(one.root, 'card/blockmesh.toml'), 'utf8'), CARD);

  const ends = ['front', 'front.feed'].map((name) => `PTY,raw,echo=0,link=${join(one.space, 'run', name)}`);
  await plugIn(start(t, 'socat', ['-d', '-d', ...ends]));
  const options = join(one.space, 'run/pins.options');
  t.match(await one.cli('pins', 'options', '--file', '--folder', one.space), { code: 0 });
  const pins = start(t, process.execPath, [
    VIRTUAL_PINS,
    ...['--socket', join(one.space, 'run/pins.sock'), '--options', options],
    ...['--drive', join(one.space, 'run/drive')],
  ]);
  await pins.line((line) => line.startsWith('ready '));
  const node = start(t, process.execPath, [...ENGINE_FLAGS, MAIN, 'run', '--folder', one.space]);
  await node.logged('node running');
  const badge = (number: string) => one.cli('badge', 'test', 'front-door', number, '--folder', one.space);
  t.match(await badge(CARD), { code: 0 }, 'the card of the file opens, though nobody knows the time');
  t.match(await badge('0012345678'), { code: 4 }, 'another one does not');
  t.match(await badge('0000000042'), { code: 0 }, 'the break-glass card does');
  const { text } = await one.cli('member', 'show', 'Ada Lovelace', '--folder', one.space);
  t.match(text, 'admin');

  // While the node runs, too: it is the one that is asked.
  one.put(`${CARD_FILE}\n[door.back-door]\nreader = "back-reader"\noutput = "back-strike"\n`);
  const { notes } = await one.import();
  t.match(notes, [{ code: 'door_unwired', text: /back-reader.*back-strike/ }]);
  await node.stop();
});

t.test('of two imports at once one is refused', async (t) => {
  const one = board(t);
  one.put(CARD_FILE);
  const unlock = lockImport(join(one.root, 'board'));
  await t.rejects(one.import(), /import_running/);
  t.notOk(existsSync(join(one.root, 'board/settings.json')), 'it took nothing up');
  unlock();
  t.strictSame((await one.import()).notes, []);
  // A file that a power cut left spoiled keeps nobody from the card.
  writeFileSync(join(one.root, 'board/import.lock'), 'spoiled'.repeat(1000));
  t.strictSame((await one.import()).notes, []);
});

t.test('files are their owner’s, also after orders that failed', async (t) => {
  const isRoot = process.getuid?.() === 0;
  // Others may give a file to nobody but themselves; they see that it stays theirs.
  const uid = isRoot ? 1234 : process.getuid?.();
  const one = board(t);
  one.put(CARD_FILE);
  t.strictSame((await one.import()).notes, []);
  const ledger = join(one.space, 'ledger.db');
  writeFileSync(ledger, 'spoiled'.repeat(1000));
  one.put(CARD_FILE.replace(`badge = "${CARD}"`, 'badge = "0000000077"'));
  await t.rejects(one.import('--owner', `${uid}:${isRoot ? 1234 : process.getgid?.()}`), /store_damaged/);
  t.equal(statSync(ledger).uid, uid);
});

t.test('a space is made whole or not at all', async (t) => {
  const one = board(t);
  one.put(CARD_FILE);
  // As a power cut leaves it: keys and no ledger.
  mkdirSync(join(`${one.space}.new`, 'keys'), { recursive: true });
  writeFileSync(join(`${one.space}.new`, 'keys/node.json'), '{}');
  t.strictSame((await one.import()).notes, []);
  t.strictSame((await one.cli('verify', '--folder', one.space)).code, 0);
  const ledger = statSync(join(one.space, 'ledger.db')).ino;

  const key = readFileSync(join(one.root, 'board/founder/founder.json'), 'utf8').trim();
  const shown = await one.cli('board', 'founder', '--board', join(one.root, 'board'));
  t.ok(shown.text.includes(key), 'the founder’s key is shown');
  t.match(await one.cli('board', 'founder', '--forget', '--board', join(one.root, 'board')), { code: 0 });
  t.match(await one.cli('board', 'founder', '--board', join(one.root, 'board')), { code: 1, text: /founder_gone/ });

  await one.cli('door', 'remove', 'front-door', '--folder', one.space);
  one.put(CARD_FILE.replace(`badge = "${CARD}"`, 'badge = "0000000077"').replace('Ada Lovelace', 'Grace Hopper'));
  t.match(await one.import(), { notes: [] });
  t.equal(statSync(join(one.space, 'ledger.db')).ino, ledger, 'the space that is there stays');
  t.match((await one.cli('member', 'show', 'Grace Hopper', '--folder', one.space)).text, 'admin', 'another admin');
  t.notMatch(
    (await one.cli('door', 'list', '--folder', one.space)).text,
    'front-door',
    'a door that was removed stays so',
  );
  const status = await one.cli('board', 'status', '--board', join(one.root, 'board'));
  t.match(status, { code: 0, text: /all of the card is taken up/ });
});

t.test('where no space is to be made', async (t) => {
  const one = board(t);
  one.put('[space]\nnew = false\n');
  t.match(await one.import(), { notes: [{ code: 'space_awaited' }] });
  t.notOk(existsSync(one.space));
  one.put('');
  mkdirSync(one.space);
  writeFileSync(join(one.space, 'something'), '');
  one.put('[space]\nnew = true\n');
  t.match(await one.import(), { notes: [{ code: 'space_unclear' }] });
  t.strictSame(readdirSync(one.space), ['something']);
  rmSync(one.space, { recursive: true });
  await one.import('--rescue');
  t.notOk(existsSync(one.space), 'nor without a data partition');
});
