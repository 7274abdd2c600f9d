import { join } from 'node:path';
import t from 'tap';
import { Gwiot7941eReader } from '../../src/devices/gwiot7941e/driver.ts';
import { encodeFrame as encodeGwiot } from '../../src/devices/gwiot7941e/frame.ts';
import { Rdm6300Reader } from '../../src/devices/rdm6300/driver.ts';
import { encodeFrame } from '../../src/devices/rdm6300/frame.ts';
import type { SerialReader, SerialReaderOptions } from '../../src/devices/serial-reader.ts';
import { Inbox, plugIn, stillClock } from './serial-pty.ts';

interface Family {
  readonly name: string;
  readonly make: (options: SerialReaderOptions) => SerialReader;
  readonly frame: (value: bigint) => Uint8Array;
}

const withCrLf = (frame: Uint8Array): Uint8Array => Uint8Array.of(...frame.subarray(0, -1), 0x0d, 0x0a, 0x03);

const FAMILIES: readonly Family[] = [
  { name: 'RDM6300', make: (options) => new Rdm6300Reader(options), frame: encodeFrame },
  { name: 'ID-12', make: (options) => new Rdm6300Reader(options), frame: (value) => withCrLf(encodeFrame(value)) },
  { name: 'GWIOT 7941E', make: (options) => new Gwiot7941eReader(options), frame: encodeGwiot },
];

const [A, B, C] = [0x0286cedn, 0x0382c9an, 0x0345678n];

for (const { name, make, frame } of FAMILIES) {
  t.test(`${name}: one event a presentation, and again after its line was pulled in mid-frame`, async (t) => {
    const path = join(t.testdir(), 'tty');
    let pty = await plugIn(path);
    t.teardown(() => pty.unplug());
    const badges = new Inbox<bigint>();
    const states = new Inbox<string>();
    const { time, clock } = stillClock();
    const reader = make({
      name: 'front',
      path,
      clock,
      onBadge: ({ value }) => badges.put(value),
      onState: (state, cause) => states.put(cause?.code ?? state),
    });
    await reader.start();
    t.equal(await states.take(), 'open');
    for (const value of [A, A, A, B, B]) pty.process.stdin.write(frame(value));
    t.equal(await badges.take(), A);
    t.equal(await badges.take(), B, 'repeats were no event, another card is one at once');
    time.ms += 501;
    pty.process.stdin.write(frame(B));
    t.equal(await badges.take(), B, 'away for half a second, it is presented again');

    const torn = frame(C);
    pty.process.stdin.write(torn.subarray(0, 7));
    while (reader.stats().bufferedBytes < 7) await new Promise((resolve) => setImmediate(resolve));
    await pty.unplug();
    t.equal(await states.take(), 'serial_lost');
    t.equal(reader.stats().bufferedBytes, 0);
    pty = await plugIn(path);
    t.equal(await states.take(), 'open', 'opened again by itself');
    pty.process.stdin.write(torn.subarray(7));
    pty.process.stdin.write(frame(A));
    t.equal(await badges.take(), A, 'and the halves did not join');
    t.match(reader.stats(), { badges: 4, dropped: 0, refused: { no_end: 1 }, strayBytes: torn.length - 7 });
    await reader.stop();
    t.equal(badges.size + states.size, 0);
  });
}
