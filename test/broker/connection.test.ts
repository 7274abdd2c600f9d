import { Duplex } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { type CodedError, codeOf } from '../../src/base/errors.ts';
import {
  BROKER_CONNECTIONS_PER_ADDRESS_MAX,
  BROKER_NEW_CONNECTIONS_PER_ADDRESS_PER_S_MAX,
  BROKER_NEW_CONNECTIONS_PER_S_MAX,
  BROKER_OUTGOING_ALL_BYTES_MAX,
  BROKER_OUTGOING_BYTES_MAX,
  BROKER_OUTGOING_SHARE_BYTES_MAX,
  BROKER_PACKETS_BURST_MAX,
  BROKER_UNKNOWN_CONNECTIONS_MAX,
  MQTT_PUBLISH_BYTES_MAX,
} from '../../src/base/limits.ts';
import { Admission, type Ticket } from '../../src/broker/admission.ts';
import { Backlog } from '../../src/broker/backlog.ts';
import { Connection } from '../../src/broker/connection.ts';
import { FrameScanner } from '../../src/broker/frames.ts';
import { stillClock } from './still-clock.ts';
import { connect, PING, packet, publish, remaining, subscribe } from './wire.ts';

/** Feeds bytes in these pieces, a piece again until all of it was taken. @returns packets seen, or the code. */
function scan(bytes: Uint8Array, cuts: readonly number[], packetsMax = 1_000): number | string {
  const scanner = new FrameScanner();
  let packets = 0;
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  try {
    for (let from = 0; from < bytes.length; ) {
      const end = ends.find((one) => one > from) ?? bytes.length;
      const taken = scanner.take(bytes.subarray(from, end), packetsMax);
      if (taken.packets > packetsMax) return 'too many at once';
      packets += taken.packets;
      from += taken.bytes;
    }
    return packets;
  } catch (error) {
    return codeOf(error) ?? 'uncoded';
  }
}

t.test('packets are told apart however their bytes come', async (t) => {
  const some = fc.constantFrom(
    PING,
    publish('a', 'x'),
    publish('a/b', 'y'.repeat(300), 1),
    subscribe(1, 'a', 'b'),
    publish('a', ''),
  );
  fc.assert(
    fc.property(
      fc.array(some, { maxLength: 20 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      (all, cuts, most) => {
        const bytes = Buffer.concat([connect({}), ...all]);
        t.equal(scan(bytes, cuts, most), all.length + 1);
      },
    ),
  );
});

t.test('what no client may send ends at its first bytes', async (t) => {
  const open = connect({});
  const after = (...bytes: readonly number[]) => Buffer.concat([open, Buffer.from(bytes)]);
  const most = Buffer.concat([open, Uint8Array.of(0x30), remaining(MQTT_PUBLISH_BYTES_MAX)]);
  const cases: readonly (readonly [what: string, bytes: Uint8Array, result: number | string])[] = [
    ['no CONNECT first', PING, 'connect_missing'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'connect_missing'],
    ['a second CONNECT', Buffer.concat([open, open]), 'packet_malformed'],
    ...[0, 2, 9, 11, 13, 15].map((type) => [`type ${type}`, after(type << 4), 'packet_malformed'] as const),
    ['a CONNECT too long', Buffer.concat([Uint8Array.of(0x10), remaining(8 * 1024 + 1)]), 'packet_too_large'],
    ['256 MB', after(0x30, 0xff, 0xff, 0xff, 0x7f), 'packet_too_large'],
    ['a length without end', after(0x30, 0x80, 0x80, 0x80, 0x80), 'packet_malformed'],
    ['a PINGREQ with something', after(0xc0, 1), 'packet_too_large'],
    ['a SUBSCRIBE too long', after(0x82, ...remaining(4 * 1024 + 1)), 'packet_too_large'],
    ['a PUBLISH as long as may be', most, 2],
    [
      'a PUBLISH too long',
      Buffer.concat([open, Uint8Array.of(0x30), remaining(MQTT_PUBLISH_BYTES_MAX + 1)]),
      'packet_too_large',
    ],
  ];
  for (const [what, bytes, result] of cases) {
    t.equal(scan(bytes, []), result, what);
    t.equal(
      scan(
        bytes,
        Array.from(bytes, (_, at) => at),
      ),
      result,
      `${what}, byte by byte`,
    );
  }
});

/** A wire whose other end is this test. */
class Wire extends Duplex {
  readonly sent: Buffer[] = [];
  takes = true;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.sent.push(chunk);
    if (this.takes) done();
  }
}

t.test('a device that sends more than its budget is read more slowly, and nothing is kept for it', async (t) => {
  const [clock, wire, faults] = [stillClock(), new Wire(), [] as string[]];
  const onFault = (code: string) => faults.push(code);
  const connection = new Connection({ wire, way: 'tls', remote: 'r', clock, backlog: new Backlog(), onFault });
  let read = 0;
  connection.on('data', (chunk: Buffer) => {
    read += chunk.length;
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const [open, all] = [connect({}), 1_000];
  wire.push(Buffer.concat([open, ...Array.from({ length: all }, () => PING)]));
  await turn();
  t.equal(read, open.length + (BROKER_PACKETS_BURST_MAX - 1) * PING.length, 'a burst');
  t.ok(wire.isPaused(), 'the rest waits where it is');
  clock.advance(1_000);
  await turn();
  const afterS = read;
  t.ok(afterS > open.length + BROKER_PACKETS_BURST_MAX * PING.length && afterS < open.length + all * PING.length);
  wire.push(null);
  for (let s = 0; s < 5; s += 1) {
    clock.advance(1_000);
    await turn();
  }
  t.equal(read, open.length + all * PING.length, 'nothing is lost, though the other side has gone');
  await turn();
  t.ok(connection.readableEnded);
  t.strictSame(faults, []);
});

t.test('whoever takes nothing is cut off, and whoever is malformed', async (t) => {
  const faults: string[] = [];
  const shared = { clock: stillClock(), backlog: new Backlog() };
  const parts = { ...shared, way: 'tls', remote: 'r', onFault: (code: string) => faults.push(code) } as const;
  const slow = new Wire();
  slow.takes = false;
  const connection = new Connection({ ...parts, wire: slow });
  const chunk = Buffer.alloc(BROKER_OUTGOING_BYTES_MAX / 4);
  const told = [1, 2, 3, 4].map(() => connection.write(chunk));
  t.strictSame(told, [true, true, true, true], 'nobody who publishes to it has to wait');
  t.notOk(connection.destroyed);
  connection.write(chunk);
  t.ok(connection.destroyed);
  const odd = new Wire();
  const other = new Connection({ ...parts, wire: odd });
  other.resume();
  odd.push(packet(0xf0));
  await new Promise((resolve) => setImmediate(resolve));
  t.ok(other.destroyed && odd.destroyed);
  const trips = new Wire();
  const third = new Connection({ ...parts, wire: trips });
  third.on('readable', () => {
    throw new RangeError('a parser tripped');
  });
  trips.push(connect({}));
  await new Promise((resolve) => setImmediate(resolve));
  t.ok(third.destroyed, 'what the parser trips over ends the connection, not the process');
  t.strictSame(faults, ['slow_consumer', 'connect_missing', 'packet_malformed']);
});

t.test('what waits for all together is bounded, at the cost of those for whom much waits', async (t) => {
  const backlog = new Backlog();
  const half = BROKER_OUTGOING_BYTES_MAX / 2;
  const most = BROKER_OUTGOING_ALL_BYTES_MAX / half;
  const clients = Array.from({ length: most }, () => ({}));
  for (const client of clients) t.notOk(backlog.isTooMuch(client, half));
  const [first = {}, second = {}] = clients;
  t.notOk(backlog.isTooMuch({}, BROKER_OUTGOING_SHARE_BYTES_MAX), 'a share is anybody’s');
  t.ok(backlog.isTooMuch(first, half));
  t.notOk(backlog.isTooMuch(first, 0), 'it has gone');
  t.notOk(backlog.isTooMuch(second, half), 'and the others have room');
  t.ok(backlog.isTooMuch(second, BROKER_OUTGOING_BYTES_MAX + 1));
});

function admitted(result: Ticket | string): Ticket {
  if (typeof result === 'string') throw new Error(result);
  return result;
}

t.test('connections: an address that floods keeps itself out, and no others', async (t) => {
  const clock = stillClock();
  const admission = new Admission(clock);
  const mine = Array.from({ length: BROKER_CONNECTIONS_PER_ADDRESS_MAX }, () => admitted(admission.admit('10.0.0.1')));
  t.equal(admission.admit('10.0.0.1'), 'address_connections');
  t.equal(admission.admit('::ffff:10.0.0.1'), 'address_connections', 'the same address in IPv6');
  for (const ticket of mine) {
    ticket.leave();
    ticket.leave();
  }
  t.equal(admission.connections, 0);
  t.equal(admission.admit('10.0.0.1'), 'address_rate');
  for (let at = 0; at < 10_000; at += 1) admission.admit('10.0.0.1');
  admitted(admission.admit('10.0.0.2')).leave();
  admitted(admission.admit('fd00::1')).leave();
  for (let at = 0; at < 200; at += 1) {
    const result = admission.admit(`fd00:0:0:1::${at.toString(16)}`);
    if (typeof result !== 'string') result.leave();
  }
  t.equal(admission.admit('fd00:0:0:1:ffff::1'), 'address_rate', 'a network of IPv6 is one address');
  clock.advance(1_000);
  let again = 0;
  while (typeof admission.admit('10.0.0.1') !== 'string') again += 1;
  t.equal(again, BROKER_NEW_CONNECTIONS_PER_ADDRESS_PER_S_MAX, 'so many a second');
});

t.test('connections: of all addresses together, and of those that do not say who they are', async (t) => {
  const clock = stillClock();
  const admission = new Admission(clock);
  const tickets: Ticket[] = [];
  const admit = (at: number) => admission.admit(`10.1.${at >> 8}.${at & 255}`);
  for (let at = 0; at < 2 * BROKER_NEW_CONNECTIONS_PER_S_MAX; at += 1) tickets.push(admitted(admit(at)));
  t.equal(admit(3_000), 'connections_rate');
  clock.advance(60_000);
  for (let at = tickets.length; at < BROKER_UNKNOWN_CONNECTIONS_MAX; at += 1) tickets.push(admitted(admit(at)));
  t.equal(admit(3_001), 'unknown_full');
  for (const ticket of tickets) ticket.known();
  admitted(admit(3_002));
});

t.test('an error of the scanner says what it is about', async (t) => {
  const scanner = new FrameScanner();
  try {
    scanner.take(Buffer.concat([connect({}), Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])]), 10);
    t.fail('it is refused');
  } catch (error) {
    t.match((error as CodedError).fields, { type: 3, bytesMax: MQTT_PUBLISH_BYTES_MAX });
  }
});
