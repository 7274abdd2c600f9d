import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Credential } from '../../src/devices/credential.ts';
import { KeyboardReader } from '../../src/devices/keyboard/driver.ts';
import { Inbox, realClock } from '../devices/serial-pty.ts';
import { TestConsole, TestKeyboard } from './keyboard.ts';

/** USB badge readers that pose as keyboards: heard, and by nobody else. */

const PATH = '/dev/input/by-id/usb-reader-event-kbd';
const CARD = '0009362416';

function readerAt(path: string, format: 'decimal-10' | 'hex' | '3+5' = 'decimal-10') {
  const badges = new Inbox<Credential>();
  const states = new Inbox<string>();
  const reader = new KeyboardReader({
    name: 'desk',
    path,
    format,
    clock: realClock,
    onBadge: badges.put,
    onState: (state, cause) => states.put(cause === undefined ? state : `${state} ${cause.code}`),
  });
  return { reader, badges, states };
}

t.test('a badge reaches the node, and never a console', async (t) => {
  const tty = new TestConsole();
  t.teardown(() => tty.close());
  const keyboard = await TestKeyboard.plugIn(PATH);
  t.teardown(() => keyboard.unplug());
  keyboard.type('1234');
  await tty.until('1234');
  t.pass('before it is grabbed, what is typed stands on the console');

  const { reader, badges, states } = readerAt(PATH);
  await reader.start();
  t.equal(await states.take(), 'open');
  const before = tty.text;
  keyboard.type(CARD);
  t.equal((await badges.take()).value, BigInt(CARD));
  keyboard.type('0000000007', true);
  t.equal((await badges.take()).value, 7n, 'on the keypad');
  t.equal(tty.text, before, 'nothing of it came to the console');

  await reader.stop();
  keyboard.type('56');
  await tty.until('56');
  t.equal(tty.text.slice(before.length).replace(/[\r\n]/g, ''), '56', 'nor later: only what was typed after its end');
});

t.test('one that another has grabbed is not read, and one that is unplugged is opened again', async (t) => {
  const keyboard = await TestKeyboard.plugIn(PATH);
  const thief = spawn('blockmesh-evdev', [PATH], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(thief.stdout, 'data');
  const { reader, badges, states } = readerAt(PATH);
  await reader.start();
  t.equal(await states.take(), 'lost keyboard_not_grabbed');
  keyboard.type(CARD);
  const gone = once(thief, 'exit');
  thief.stdin.end();
  await gone;
  t.equal(await states.take(), 'open', 'as soon as it is let go');
  keyboard.type('0000000001');
  t.equal((await badges.take()).value, 1n, 'what was typed before is not a badge later');

  keyboard.send('key 2');
  while (reader.stats().bufferedBytes === 0) await pause(1);
  await keyboard.unplug();
  t.equal(await states.take(), 'lost keyboard_lost');
  t.match(reader.stats(), { bufferedBytes: 0, refused: { no_end: 1 } });
  rmSync(PATH);
  const again = await TestKeyboard.plugIn(PATH);
  t.equal(await states.take(), 'open');
  again.type('0000000002');
  t.equal((await badges.take()).value, 2n);
  await reader.stop();
  t.equal(badges.size, 0);
  t.equal(states.size, 0);
  await again.unplug();
});

t.test('the kernel repeats a key that is held, and that is told apart', async (t) => {
  const keyboard = await TestKeyboard.plugIn(PATH);
  t.teardown(() => keyboard.unplug());
  const helper = spawn('blockmesh-evdev', [PATH], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = new Inbox<string>();
  createInterface({ input: helper.stdout }).on('line', lines.put);
  t.equal(await lines.take(), 'ready test reader');
  keyboard.send('down 2');
  t.match(await lines.take(), /^key 2 down \d+$/);
  t.match(await lines.take(), /^key 2 repeat \d+$/);
  keyboard.send('up 2');
  let line = await lines.take();
  while (line.includes('repeat')) line = await lines.take();
  t.match(line, /^key 2 up \d+$/);
  const ended = once(helper, 'exit');
  helper.stdin.end();
  t.same(await ended, [0, null], 'it ends when nobody holds it any more');
});

t.test('the forms of one card', async (t) => {
  const keyboard = await TestKeyboard.plugIn(PATH);
  t.teardown(() => keyboard.unplug());
  for (const [format, typed, value] of [
    ['decimal-10', '0009362416', 0x8edbf0n],
    ['hex', '00008EDBF0', 0x8edbf0n],
    ['hex', '008EDBF0', 0x8edbf0n],
    ['3+5', '142,56304', 0x8edbf0n],
    ['3+5', '14256304', 0x8edbf0n],
  ] as const) {
    const { reader, badges, states } = readerAt(PATH, format);
    await reader.start();
    await states.take();
    keyboard.type(typed);
    t.equal((await badges.take()).value, value, `${format} ${typed}`);
    await reader.stop();
  }
});

t.test('what is no keyboard is not taken', async (t) => {
  rmSync(PATH, { force: true });
  symlinkSync('/dev/null', PATH);
  const { reader, states } = readerAt(PATH);
  await reader.start();
  t.equal(await states.take(), 'lost keyboard_open_failed');
  await reader.stop();
});
