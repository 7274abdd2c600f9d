import { join } from 'node:path';
import t from 'tap';
import type { CodedError } from '../../../src/base/errors.ts';
import { SERIAL_REOPEN_DELAY_MS_MAX, SERIAL_WRITE_MS_MAX } from '../../../src/base/limits.ts';
import type { Clock } from '../../../src/base/ports.ts';
import type { Credential } from '../../../src/devices/credential.ts';
import { Pn532Reader } from '../../../src/devices/pn532/driver.ts';
import { Inbox, type Pty, plugIn, realClock, stillClock } from '../serial-pty.ts';
import { Pn532Twin } from './twin.ts';

const RETRY_DELAYS_MS = [100, 200, 400, 800, 1_600, 3_200, 6_400, SERIAL_REOPEN_DELAY_MS_MAX];

interface Change {
  readonly state: string;
  readonly cause: CodedError | undefined;
}

/** A clock that stands until the test sets it, and which cuts every wait short. */
function hurriedClock() {
  const still = stillClock();
  const time = Object.assign(still.time, { delays: [] as number[], waitMsMax: Number.POSITIVE_INFINITY });
  const clock: Clock = {
    ...still.clock,
    after: (delayMs, task) => {
      time.delays.push(delayMs);
      // Not the time that the line has to take bytes.
      const isHurried = delayMs !== SERIAL_WRITE_MS_MAX;
      return realClock.after(isHurried ? Math.min(delayMs, time.waitMsMax) : delayMs, task);
    },
  };
  return { time, clock };
}

/** A chip at the far end of a pseudo-terminal. */
function chipAt(pty: Pty, chip = new Pn532Twin((bytes) => void pty.process.stdin.write(bytes))): Pn532Twin {
  pty.process.stdout.on('data', (bytes: Buffer) => chip.hear(bytes));
  return chip;
}

t.test('on a serial line: cards, a chip that dies, a line that is pulled', async (t) => {
  const path = join(t.testdir(), 'tty');
  let pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  let chip = chipAt(pty);
  const { time, clock } = hurriedClock();
  const badges = new Inbox<Credential>();
  const states = new Inbox<Change>();
  const reader = new Pn532Reader({
    name: 'workshop',
    path,
    clock,
    onBadge: (credential) => badges.put(credential),
    onState: (state, cause) => states.put({ state, cause }),
  });
  await reader.start();
  t.same(await states.take(), { state: 'open', cause: undefined }, 'once the chip has answered');
  // A chip or a line that takes its 30 ms is asked again: what is asked is told by what differs from the one before.
  const asked = chip.heard.filter((code, at) => code !== chip.heard[at - 1]);
  t.same(asked.slice(0, 3), [0x14, 0x02, 0x32]);

  const hears = async (polls: number) => {
    const enough = chip.heard.length + polls;
    while (chip.heard.length < enough) await new Promise((resolve) => setImmediate(resolve));
  };
  for (const [card, bits, value] of [
    ['00a1b2c3', 32, 0x00a1b2c3n],
    ['04a1b2c3d4e5f6', 56, 0x04a1b2c3d4e5f6n],
    ['00010203040506070809', 80, 0x00010203040506070809n],
  ] as const) {
    chip.state.card = card;
    t.same(await badges.take(), { family: 'iso14443a', bits, value });
  }
  const { repeats } = reader.stats();
  while (reader.stats().repeats < repeats + 5) await new Promise((resolve) => setImmediate(resolve));
  t.equal(badges.size, 0, 'a card that lies there is one event');
  chip.state.card = null;
  await hears(2);
  time.ms += 501;
  chip.state.card = '00010203040506070809';
  t.equal((await badges.take()).bits, 80, 'away for half a second, it is presented again');

  chip.state.isSilent = true;
  const silent = await states.take();
  t.match(silent, { state: 'lost', cause: { code: 'pn532_silent', advice: /HSU/ } });
  t.equal(reader.stats().bufferedBytes, 0);
  chip.restart();
  chip.state.isSilent = false;
  t.same(await states.take(), { state: 'open', cause: undefined }, 'it is woken again by itself');
  time.ms += 501;
  t.equal((await badges.take()).bits, 80);

  await pty.unplug();
  t.match(
    await states.take(),
    { state: 'lost', cause: { code: /^(serial_lost|pn532_silent)$/ } },
    'whatever tells first',
  );
  pty = await plugIn(path);
  chip = chipAt(pty);
  t.same(await states.take(), { state: 'open', cause: undefined });
  chip.state.card = 'cafebabe';
  t.equal((await badges.take()).value, 0xcafebaben);
  t.match(reader.stats(), { dropped: 0, throttled: 0, refused: { bad_checksum: 0, bad_target: 0 } });
  await reader.stop();
  await reader.stop();
  t.equal(states.size, 0);
});

t.test('nobody answers: lost is told once, and the chip is asked ever later', async (t) => {
  const path = join(t.testdir(), 'tty');
  const pty = await plugIn(path);
  t.teardown(() => pty.unplug());
  const chip = chipAt(pty);
  chip.state.isSilent = true;
  const { time, clock } = hurriedClock();
  time.waitMsMax = 5;
  const states = new Inbox<Change>();
  const reader = new Pn532Reader({
    name: 'workshop',
    path,
    clock,
    onBadge: () => t.fail('no card is there'),
    onState: (state, cause) => states.put({ state, cause }),
  });
  await reader.start();
  t.match(await states.take(), { state: 'lost', cause: { code: 'pn532_silent' } });
  const retries = () => time.delays.filter((delayMs) => RETRY_DELAYS_MS.includes(delayMs));
  while (retries().length < 9) await new Promise((resolve) => setImmediate(resolve));
  t.same(retries().slice(0, 9), [...RETRY_DELAYS_MS, SERIAL_REOPEN_DELAY_MS_MAX]);
  t.equal(retries()[8], SERIAL_REOPEN_DELAY_MS_MAX);
  t.equal(states.size, 0, 'lost is told once');
  time.waitMsMax = Number.POSITIVE_INFINITY;
  chip.state.isSilent = false;
  t.same((await states.take()).state, 'open', 'and found when it answers');
  await reader.stop();

  const never = new Pn532Reader({
    name: 'x',
    path: `${path}-none`,
    clock,
    onBadge: () => t.fail(),
    onState: () => undefined,
  });
  await never.start();
  await never.stop();
  const unstarted = new Pn532Reader({ name: 'x', path, clock, onBadge: () => t.fail(), onState: () => t.fail() });
  await unstarted.stop();
  await unstarted.start();
});
