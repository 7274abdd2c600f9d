import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Clock } from '../../../src/base/ports.ts';
import { Rdm6300Reader } from '../../../src/devices/rdm6300/driver.ts';
import { encodeFrame } from '../../../src/devices/rdm6300/frame.ts';
import { BadgeGate } from '../../../src/devices/reader.ts';
import { Inbox, plugIn, realClock, stillClock } from '../serial-pty.ts';

const A = 0x62e3086cedn;
const B = 0x0100382c9an;

/** A gate at a time that the test sets. */
function gateAt(startMs = 0) {
  const time = { ms: startMs };
  const clock: Clock = { ...realClock, monotonicMs: () => time.ms };
  const heard: bigint[] = [];
  const gate = new BadgeGate({ clock, onBadge: ({ value }) => heard.push(value) });
  const show = (value: bigint, bits = 40): void => gate.pass({ family: 'em4100', bits, value }, 0n);
  return { time, heard, gate, show };
}

t.test('one event a presentation', async (t) => {
  const { time, heard, gate, show } = gateAt();
  for (; time.ms <= 60_000; time.ms += 65) show(A);
  t.same(heard, [A], 'a card that lies there for a minute is one event');
  t.equal(gate.counts.repeats, 923);
  time.ms += 500 - 65;
  show(A);
  t.equal(heard.length, 1, 'silent for 500 ms is still there');
  time.ms += 501;
  show(A);
  t.equal(heard.length, 2, 'silent for more is presented again');
});

t.test('another card is an event at once', async (t) => {
  const { heard, show } = gateAt();
  for (const value of [A, A, B, B, A, A]) show(value);
  t.same(heard, [A, B, A]);
  show(A, 41);
  t.equal(heard.length, 4, 'the same number at another width is another card');
});

t.test('over the rate is dropped and counted; a card that stays is heard later', async (t) => {
  const { time, heard, gate, show } = gateAt(1_000);
  for (let card = 1n; card <= 10_000n; card += 1n) show(card);
  t.equal(heard.length, 16, 'a burst of READER_QUEUE_MAX');
  t.same(gate.counts, { badges: 16, repeats: 0, dropped: 9_984 });
  show(16n);
  t.match(
    gate.counts,
    { repeats: 0, dropped: 9_985 },
    'the last one heard is no repeat once another card came between',
  );
  time.ms += 49;
  show(A);
  t.equal(heard.length, 16, 'too early');
  time.ms += 1;
  show(A);
  t.equal(heard.at(-1), A, 'the card is still there, and heard as soon as the rate allows');
  show(A);
  t.equal(heard.length, 17);
  time.ms += 1_000_000;
  for (let card = 1n; card <= 100n; card += 1n) show(card);
  t.equal(heard.length, 17 + 16, 'a long rest earns no more than the burst');
  const before = heard.length;
  for (let step = 0n; step < 10_000n; step += 1n) {
    time.ms += 1;
    show(1_000n + step);
  }
  t.equal(heard.length - before, 200, 'ten seconds of flood are 20 a second');
});

interface Heard {
  readonly value: bigint;
  readonly receivedNs: bigint;
}

function readerAt(path: string, clock: Clock = realClock) {
  const badges = new Inbox<Heard>();
  const states = new Inbox<string>();
  const reader = new Rdm6300Reader({
    name: 'front',
    path,
    clock,
    onBadge: ({ value }, receivedNs) => badges.put({ value, receivedNs }),
    onState: (state) => states.put(state),
  });
  return { reader, badges, states };
}

t.test('on a serial line: paced, torn by a lost port, heard again after it is back', async (t) => {
  const path = join(t.testdir(), 'tty');
  let pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  const { reader, badges, states } = readerAt(path, stillClock().clock);
  t.equal(reader.name, 'front');
  await reader.start();
  t.equal(await states.take(), 'open');

  const sentNs = process.hrtime.bigint();
  for (const byte of encodeFrame(A)) {
    // A pseudo-terminal has no bit rate: this is the pace of 9600 baud, not a wait for something.
    await delay(1);
    pty.process.stdin.write(Uint8Array.of(byte));
  }
  const first = await badges.take();
  t.equal(first.value, A);
  t.ok(first.receivedNs - sentNs >= 13_000_000n, 'the time is that of the last byte');
  t.ok(first.receivedNs <= process.hrtime.bigint());

  pty.process.stdin.write(Buffer.concat([encodeFrame(A), encodeFrame(A), encodeFrame(B), encodeFrame(B)]));
  t.equal((await badges.take()).value, B, 'repeats of the first card were no event');

  // Half a frame, then the plug is pulled; the other half on the new line must not complete it.
  const half = encodeFrame(A);
  pty.process.stdin.write(half.subarray(0, 7));
  while (reader.stats().bufferedBytes < 7) await new Promise((resolve) => setImmediate(resolve));
  await pty.unplug();
  t.equal(await states.take(), 'lost');
  t.equal(reader.stats().bufferedBytes, 0);
  pty = await plugIn(path);
  t.equal(await states.take(), 'open');
  pty.process.stdin.write(half.subarray(7));
  pty.process.stdin.write(encodeFrame(0x1234567890n));
  t.equal((await badges.take()).value, 0x1234567890n);
  const stats = reader.stats();
  t.match(stats, { badges: 3, dropped: 0, refused: { no_end: 1, bad_checksum: 0 }, strayBytes: 7 });

  await reader.stop();
  t.equal(badges.size, 0);
  t.equal(states.size, 0);
});

t.test('a babbling reader does not keep another from being heard', async (t) => {
  const dir = t.testdir();
  const babble = await plugIn(join(dir, 'babble'));
  const calm = await plugIn(join(dir, 'calm'));
  t.teardown(() => Promise.all([babble.unplug(), calm.unplug()]));
  const loud = readerAt(join(dir, 'babble'));
  const quiet = readerAt(join(dir, 'calm'));
  await Promise.all([loud.reader.start(), quiet.reader.start()]);

  const frames = Buffer.concat(Array.from({ length: 4_096 }, (_, at) => encodeFrame(BigInt(at + 1))));
  let isOver = false;
  const pour = (): void => {
    if (!isOver) babble.process.stdin.write(frames, pour);
  };
  pour();
  while (loud.reader.stats().dropped < 5_000) await new Promise((resolve) => setImmediate(resolve));
  for (const value of [A, B, A, B]) {
    calm.process.stdin.write(encodeFrame(value));
    t.equal((await quiet.badges.take()).value, value);
  }
  isOver = true;
  const { badges, dropped, throttled, bufferedBytes } = loud.reader.stats();
  t.ok(dropped >= 5_000 && throttled > 0, `dropped ${dropped}, paused ${throttled} times`);
  t.ok(badges >= 16 && badges < dropped / 10, `${badges} badges`);
  t.ok(bufferedBytes <= 16);
  await Promise.all([loud.reader.stop(), quiet.reader.stop()]);
});
