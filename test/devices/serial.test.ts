import { execFile } from 'node:child_process';
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { CodedError } from '../../src/base/errors.ts';
import {
  SERIAL_REOPEN_DELAY_MS_MAX,
  SERIAL_REOPEN_DELAY_MS_MIN,
  SERIAL_WRITE_BYTES_MAX,
} from '../../src/base/limits.ts';
import type { Clock } from '../../src/base/ports.ts';
import { SerialSource } from '../../src/devices/serial.ts';
import { Inbox, plugIn, realClock } from './serial-pty.ts';

interface Change {
  readonly state: 'open' | 'lost';
  readonly cause: CodedError | undefined;
}

/** A source at `path` whose bytes and states are collected. */
function listen(path: string, clock: Clock = realClock, baudRate = 9600) {
  const states = new Inbox<Change>();
  const heard = { total: 0, text: '', awaited: '', found: () => {}, longest: 0 };
  const source = new SerialSource({
    path,
    baudRate,
    clock,
    onBytes: (bytes) => {
      heard.total += bytes.length;
      heard.longest = Math.max(heard.longest, bytes.length);
      heard.text = (heard.text + Buffer.from(bytes).toString('latin1')).slice(-1024);
      if (heard.awaited !== '' && heard.text.includes(heard.awaited)) heard.found();
    },
    onState: (state, cause) => states.put({ state, cause }),
  });
  const hears = (text: string) =>
    new Promise<void>((resolve) => {
      heard.found = resolve;
      heard.awaited = text;
      if (heard.text.includes(text)) resolve();
    });
  return { source, states, heard, hears };
}

/** Real time, with every delay written down; delays above `capMs` are cut to it so that the test goes on. */
function recordingClock(delays: number[], capMs = Number.POSITIVE_INFINITY): Clock {
  return {
    ...realClock,
    after: (delayMs, task) => {
      delays.push(delayMs);
      return realClock.after(Math.min(delayMs, capMs), task);
    },
  };
}

/** How often SerialSource looks at an open port. */
const WATCH_MS = 500;

function openCount(path: string): number {
  const target = realpathSync(path);
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === target;
    } catch {
      return false;
    }
  }).length;
}

t.test('hears a port, and only what is sent after it opened', async (t) => {
  const path = join(t.testdir(), 'tty');
  const pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  pty.process.stdin.write('stale');
  // The kernel holds it for whoever opens the port next: seen by the count of bytes that wait there.
  const ask =
    `import os,fcntl,termios,struct;f=os.open('${path}',os.O_RDONLY|os.O_NOCTTY|os.O_NONBLOCK);` +
    `print(struct.unpack('i',fcntl.ioctl(f,termios.FIONREAD,b'0000'))[0])`;
  let waiting = '';
  while (waiting !== '5') waiting = (await promisify(execFile)('python3', ['-c', ask])).stdout.trim();
  const { source, states, heard, hears } = listen(path);
  await source.start();
  t.same(await states.take(), { state: 'open', cause: undefined });
  pty.process.stdin.write('fresh');
  await hears('fresh');
  t.equal(heard.text, 'fresh');
  t.equal(openCount(path), 1);
  await source.stop();
  t.equal(openCount(path), 0, 'stop closed it');
  await source.stop();
  t.equal(states.size, 0, 'a stop that was asked for is no loss');
});

t.test('settings reach the line', async (t) => {
  const path = join(t.testdir(), 'tty');
  const pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  const source = new SerialSource({
    path,
    baudRate: 19200,
    dataBits: 7,
    parity: 'even',
    stopBits: 2,
    clock: realClock,
    onBytes: () => {},
    onState: () => {},
  });
  await source.start();
  const { stdout } = await promisify(execFile)('stty', ['-F', path, '-a'], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  await source.stop();
  t.match(stdout, /speed 19200 baud/);
  // A pseudo-terminal itself forces 8 data bits and no parity (its driver's set_termios); stop bits it keeps.
  t.match(stdout, / cstopb/);
});

t.test('a port that is missing is retried with growing delays, told once, and found', async (t) => {
  const path = join(t.testdir(), 'tty');
  const delays: number[] = [];
  const enough = new Inbox<true>();
  const clock = recordingClock(delays, 2);
  const counting: Clock = {
    ...clock,
    after: (delayMs, task) => {
      if (delays.length === 11) enough.put(true);
      return clock.after(delayMs, task);
    },
  };
  const { source, states, hears } = listen(path, counting);
  await source.start();
  const change = await states.take();
  t.equal(change.state, 'lost');
  t.match(change.cause, { code: 'serial_open_failed', fields: { path } });
  await enough.take();
  t.equal(states.size, 0, 'lost is told once');
  const doubled = delays.map((_, at) => Math.min(SERIAL_REOPEN_DELAY_MS_MIN * 2 ** at, SERIAL_REOPEN_DELAY_MS_MAX));
  t.same(delays, doubled);
  t.equal(delays.at(-1), SERIAL_REOPEN_DELAY_MS_MAX);

  const pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  t.equal((await states.take()).state, 'open');
  pty.process.stdin.write('here');
  await hears('here');
  await source.stop();
});

t.test('a port that disappears is reopened when it is back', async (t) => {
  const path = join(t.testdir(), 'tty');
  const delays: number[] = [];
  const { source, states, hears } = listen(path, recordingClock(delays));
  let pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  await source.start();
  t.equal((await states.take()).state, 'open');
  for (const word of ['first', 'second', 'third']) {
    pty.process.stdin.write(word);
    await hears(word);
    await pty.unplug();
    const change = await states.take();
    t.equal(change.state, 'lost');
    t.match(change.cause, { code: 'serial_lost', fields: { path } });
    t.equal(delays.at(-1), SERIAL_REOPEN_DELAY_MS_MIN, 'a port that worked starts at the shortest delay');
    pty = await plugIn(path);
    t.equal((await states.take()).state, 'open');
  }
  await source.stop();
});

t.test('a port that opens and dies without a byte is reopened ever later', async (t) => {
  const path = join(t.testdir(), 'tty');
  const reopened: number[] = [];
  const retries = new Inbox<() => void>();
  // Looks at an open port come soon; a retry waits until the port is back, for each that fails waits twice as long too.
  const clock: Clock = {
    ...realClock,
    after: (delayMs, task) => {
      if (delayMs === WATCH_MS) return realClock.after(20, task);
      reopened.push(delayMs);
      retries.put(task);
      return () => undefined;
    },
  };
  const { source, states } = listen(path, clock);
  let pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  await source.start();
  for (let round = 0; round < 3; round += 1) {
    t.equal((await states.take()).state, 'open');
    await pty.unplug();
    t.equal((await states.take()).state, 'lost');
    pty = await plugIn(path);
    (await retries.take())();
  }
  t.equal((await states.take()).state, 'open');
  await source.stop();
  t.same(
    reopened,
    [1, 2, 4].map((times) => times * SERIAL_REOPEN_DELAY_MS_MIN),
  );
});

t.test('a flood is throttled, and a port that dies in the middle of it is noticed', async (t) => {
  const path = join(t.testdir(), 'tty');
  const delays: number[] = [];
  const { source, states, heard } = listen(path, recordingClock(delays));
  let pty = await plugIn(path, 'open:/dev/zero,rdonly');
  t.teardown(() => pty.unplug());
  const startMs = performance.now();
  await source.start();
  t.equal((await states.take()).state, 'open');
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (source.throttled >= 5) resolve();
      else setImmediate(look);
    };
    look();
  });
  // Five full windows and the pauses after four of them lie behind us: lower bounds, which load cannot break.
  const elapsedMs = performance.now() - startMs;
  t.ok(elapsedMs >= 300, 'reading paused');
  t.ok(heard.total >= 5 * 16 * 1024, `${heard.total} bytes`);
  t.ok(heard.total <= (elapsedMs / 100 + 2) * 20 * 1024, `${heard.total} bytes in ${elapsedMs} ms`);
  t.ok(heard.longest <= 4096);

  await pty.unplug();
  const change = await states.take();
  t.equal(change.state, 'lost');
  t.equal(change.cause?.code, 'serial_lost');
  pty = await plugIn(path, 'open:/dev/zero,rdonly');
  t.equal((await states.take()).state, 'open');
  const before = heard.total;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (heard.total > before) resolve();
      else setImmediate(look);
    };
    look();
  });
  await source.stop();
  t.equal(openCount(path), 0);
  const after = heard.total;
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(heard.total, after, 'nothing is heard after stop');
});

t.test('writes while the port is open, bounded, and a port that takes nothing is opened anew', async (t) => {
  const path = join(t.testdir(), 'tty');
  const pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  const sent = new Inbox<string>();
  pty.process.stdout.on('data', (bytes: Buffer) => sent.put(bytes.toString('latin1')));
  const delays: number[] = [];
  const { source, states, hears } = listen(path, recordingClock(delays));
  t.notOk(source.write(Uint8Array.of(1)), 'nothing waits for a port that is not open');
  await source.start();
  t.equal((await states.take()).state, 'open');
  t.ok(source.write(Buffer.from('over')));
  t.ok(source.write(Buffer.from('there')));
  let heard = '';
  while (heard.length < 9) heard += await sent.take();
  t.equal(heard, 'overthere', 'in the order of the calls');
  t.notOk(source.write(new Uint8Array(SERIAL_WRITE_BYTES_MAX + 1)), 'over the cap');

  // A far end that stands still: the kernel holds what fits, and then takes nothing.
  pty.process.kill('SIGSTOP');
  const full = Buffer.alloc(SERIAL_WRITE_BYTES_MAX);
  let refused = 0;
  while (states.size === 0) {
    if (!source.write(full)) refused += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.ok(refused > 0, 'what is not taken is not piled up');
  const change = await states.take();
  t.match(change, { state: 'lost', cause: { code: 'serial_lost', message: /took no bytes for 1000 ms/ } });
  pty.process.kill('SIGCONT');
  t.equal((await states.take()).state, 'open');
  pty.process.stdin.write('again');
  await hears('again');
  await source.stop();
  t.notOk(source.write(Uint8Array.of(1)), 'nor after stop');
  t.equal(openCount(path), 0);
});

t.test('stop while the port is being opened, before start, and while it is lost', async (t) => {
  const path = join(t.testdir(), 'tty');
  const pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  const opening = listen(path);
  const started = opening.source.start();
  await opening.source.stop();
  await started;
  t.equal(openCount(path), 0, 'no descriptor is left');
  t.equal(opening.states.size, 0);

  const never = listen(path);
  await never.source.stop();
  await never.source.start();
  t.equal(openCount(path), 0);

  const timers = new Set<() => void>();
  const clock: Clock = {
    ...realClock,
    after: (_delayMs, task) => {
      timers.add(task);
      return () => timers.delete(task);
    },
  };
  const lost = listen(`${path}-missing`, clock);
  await lost.source.start();
  t.equal((await lost.states.take()).state, 'lost');
  t.equal(timers.size, 1);
  await lost.source.stop();
  t.equal(timers.size, 0, 'no retry is left');
});

t.test('refuses settings that cannot work', async (t) => {
  for (const [path, baudRate] of [
    ['', 9600],
    ['/dev/tty\0S0', 9600],
    ['/dev/ttyS0', 0],
    ['/dev/ttyS0', -1],
    ['/dev/ttyS0', 9600.5],
    ['/dev/ttyS0', Number.NaN],
    ['/dev/ttyS0', 1e12],
  ] as const) {
    t.throws(() => listen(path, realClock, baudRate), { code: 'bad_serial_options' }, `${path} ${baudRate}`);
  }
  const twice = listen(join(t.testdir(), 'none'));
  await twice.source.start();
  await t.rejects(twice.source.start(), { name: 'AssertionFailure' });
  await twice.source.stop();
});

t.test('a path that is no serial port is lost, not fatal', async (t) => {
  const { source, states } = listen(t.testdir());
  await source.start();
  t.equal((await states.take()).cause?.code, 'serial_open_failed');
  await source.stop();
});
