import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { KeyboardReader } from '../../../src/devices/keyboard/driver.ts';
import { compile } from '../../machine/compile.ts';
import { Inbox, realClock } from '../serial-pty.ts';

/** The driver and its helper, where no keyboard is; `test/pins-guest` has what they do with one. */

const HELPER = compile(join(import.meta.dirname, '../../../src/devices/keyboard/native/evdev.c'));
const DIGITS = [11, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const ENTER = 28;

/** Puts a program in the place of blockmesh-evdev for this test. */
function useHelper(t: Test, script: string): string {
  const folder = t.testdir();
  writeFileSync(join(folder, 'blockmesh-evdev'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'blockmesh-evdev'), 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${folder}:${before}`;
  t.teardown(() => {
    process.env.PATH = before;
  });
  return folder;
}

function readerAt(path: string) {
  const badges = new Inbox<bigint>();
  const states = new Inbox<string>();
  const reader = new KeyboardReader({
    name: 'desk',
    path,
    format: 'decimal-10',
    clock: realClock,
    onBadge: ({ value }) => badges.put(value),
    onState: (state, cause) => states.put(cause === undefined ? state : `${state} ${cause.code}`),
  });
  return { reader, badges, states };
}

/** A helper that says what the test writes into a pipe, as often as it is started. */
async function scripted(t: Test) {
  const folder = useHelper(t, 'cat < "$1" & cat >/dev/null; kill $!');
  const pipe = join(folder, 'keys');
  execFileSync('mkfifo', [pipe]);
  // Opened both ways, so that it neither blocks nor ends with its first reader.
  const keys = await open(pipe, 'r+');
  t.teardown(() => keys.close());
  return { pipe, keys };
}

const typing = { ns: 10_000_000_000n };

/** When the next key comes: 5 ms after the one before, however long a machine takes to write it. */
function nextNs(): bigint {
  typing.ns += 5_000_000n;
  return typing.ns;
}

async function type(keys: FileHandle, codes: readonly number[], change = 'down'): Promise<void> {
  for (const code of codes) await keys.write(`key ${code} ${change} ${nextNs()}\n`);
}

t.test('keys of the helper become badges; releases and repeats do not', async (t) => {
  const { pipe, keys } = await scripted(t);
  const { reader, badges, states } = readerAt(pipe);
  const started = reader.start();
  await keys.write('ready test reader\n');
  await started;
  t.equal(await states.take(), 'open');
  for (const code of [...DIGITS, ENTER]) {
    await type(keys, [code]);
    await type(keys, [code, code], 'repeat');
    await type(keys, [code], 'up');
  }
  t.equal(await badges.take(), 123_456_789n);
  await keys.write(`lost ${nextNs()}\n`);
  await type(keys, [...DIGITS, ENTER]);
  await type(keys, [...DIGITS.slice(1), 11, ENTER]);
  t.equal(await badges.take(), 1_234_567_890n, 'after a loss the first is refused, the next is heard');
  t.match(reader.stats(), { badges: 2, refused: { lost_keys: 1 }, bufferedBytes: 0, throttled: 0 });
  await Promise.all([reader.stop(), reader.stop()]);
  t.equal(states.size, 0);
});

t.test('a flood of keys is read a window at a time', async (t) => {
  const { pipe, keys } = await scripted(t);
  const { reader, states } = readerAt(pipe);
  const started = reader.start();
  await keys.write('ready test reader\n');
  await started;
  await states.take();
  const flood = `key 30 down ${process.hrtime.bigint()}\n`.repeat(1_000);
  let isOver = false;
  const pouring = (async () => {
    while (!isOver) await keys.write(flood);
  })();
  while (reader.stats().throttled < 3) await new Promise((resolve) => setImmediate(resolve));
  t.ok(reader.stats().bufferedBytes <= 16);
  isOver = true;
  await reader.stop();
  // Lets a write go on that waits in a full pipe; the line at the end is for a read that found it empty.
  const drained = keys.read(Buffer.alloc(1 << 20));
  await pouring;
  await keys.write('\n');
  await drained;
});

t.test('a helper that cannot is told by its reason and tried again', async (t) => {
  for (const [script, code] of [
    ['echo "blockmesh-evdev: open_failed: No such file" >&2; exit 3', 'keyboard_open_failed'],
    ['echo "blockmesh-evdev: not_a_keyboard: no digits" >&2; exit 3', 'keyboard_open_failed'],
    ['echo "blockmesh-evdev: not_grabbed: busy" >&2; exit 4', 'keyboard_not_grabbed'],
    ['echo "blockmesh-evdev: lost: No such device" >&2; exit 1', 'keyboard_lost'],
    ['exit 127', 'keyboard_helper_failed'],
  ] as const) {
    await t.test(script, async (t) => {
      const folder = useHelper(t, `echo again >> "$1"; ${script}`);
      const tries = join(folder, 'tries');
      const { reader, states } = readerAt(tries);
      await reader.start();
      t.equal(await states.take(), `lost ${code}`);
      while (readFileSync(tries, 'utf8').split('\n').length < 4) await pause(5);
      t.equal(states.size, 0, 'it is lost all the while');
      await reader.stop();
    });
  }
});

t.test('the helper itself', async (t) => {
  const run = (...words: readonly string[]) => {
    try {
      return { code: 0, text: execFileSync(HELPER, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }) };
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: string };
      return { code: status, text: stderr };
    }
  };
  t.match(run('--help'), { code: 0, text: /^usage: blockmesh-evdev PATH/ });
  t.match(run(), { code: 2, text: /^blockmesh-evdev: usage: / });
  t.match(run('/dev/input/by-id/nobody'), { code: 3, text: /^blockmesh-evdev: open_failed: / });
  t.match(run('/dev/null'), { code: 3, text: /^blockmesh-evdev: not_a_keyboard: / });
});
