import t from 'tap';
import type { Clock } from '../../../src/base/ports.ts';
import type { Credential } from '../../../src/devices/credential.ts';
import { type WiegandListener, WiegandReader } from '../../../src/devices/wiegand/driver.ts';
import type { Keypad } from '../../../src/devices/wiegand/keypad.ts';
import type { PinOrder } from '../../../src/devices/wiegand/pin-entry.ts';
import { realClock } from '../serial-pty.ts';
import { encodeCard } from './encode.ts';

const ADA = { facility: 170, card: 31527 };
const BOB = { facility: 170, card: 31528 };
const ADA_VALUE = 170n * 65536n + 31527n;
const BOB_VALUE = ADA_VALUE + 1n;

/** Time that goes on when the test says so, and runs what is due. */
function steppedClock() {
  const time = { ms: 1_000_000 };
  const timers = new Set<{ readonly atMs: number; readonly task: () => void }>();
  const clock: Clock = {
    ...realClock,
    monotonicMs: () => time.ms,
    after: (delayMs, task) => {
      const timer = { atMs: time.ms + delayMs, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const pass = (ms: number) => {
    time.ms += ms;
    for (const timer of [...timers].filter(({ atMs }) => atMs <= time.ms)) {
      timers.delete(timer);
      timer.task();
    }
  };
  return { clock, pass, timers };
}

/** A reader and what its door is told: card numbers, each with the PIN typed for it. */
async function readerWith(
  pin: PinOrder,
  keypad: Keypad | 'none' = '4-bit',
  format: '26-h10301' | 'none' = '26-h10301',
) {
  const { clock, pass, timers } = steppedClock();
  const told: (readonly [value: bigint, pin: string | undefined])[] = [];
  const states: string[] = [];
  let listener: WiegandListener | undefined;
  let atNs = 0n;
  const reader = new WiegandReader({
    name: 'side',
    clock,
    format,
    keypad,
    pin,
    source: (one) => {
      listener = one;
      one.onState('open');
      return () => {
        listener = undefined;
      };
    },
    onBadge: ({ value }: Credential, receivedNs, typed) => {
      told.push([value, typed]);
      t.ok(receivedNs > 0n && receivedNs <= atNs, 'the time is that of its last pulse');
    },
    onState: (state, cause) => states.push(cause?.code ?? state),
  });
  await reader.start();
  const frame = (bits: number, value: bigint) => {
    atNs += 1n;
    listener?.onFrame({ bits, value }, atNs);
  };
  const card = (one: typeof ADA) => {
    const { bits, value } = encodeCard('26-h10301', one);
    frame(bits, value);
  };
  /** Types keys, and holds cards to the reader where it says A or B. */
  const type = (keys: string) => {
    for (const key of keys) {
      if (key === 'A') card(ADA);
      else if (key === 'B') card(BOB);
      else frame(4, BigInt('0123456789*#'.indexOf(key)));
    }
  };
  return { reader, told, states, pass, timers, frame, type, listener: () => listener };
}

t.test('PIN, then card: a card alone waits for nothing', async (t) => {
  const { told, type, pass, timers, reader } = await readerWith('before');
  type('A');
  t.same(told, [[ADA_VALUE, undefined]], 'at once');
  type('1234#B');
  t.same(told.at(-1), [BOB_VALUE, '1234']);
  type('A');
  t.same(told.at(-1), [ADA_VALUE, undefined], 'a PIN is for one card');
  type('0123456789012#B');
  t.same(told.at(-1), [BOB_VALUE, undefined], '13 digits are none');
  type('123#A');
  t.same(told.at(-1), [ADA_VALUE, undefined], '3 digits are none');
  t.equal(reader.stats().refused.bad_pin, 2);
  type('012345678901#B');
  t.same(told.at(-1), [BOB_VALUE, '012345678901'], '12 are one');
  type('9999*1234#A');
  t.same(told.at(-1), [ADA_VALUE, '1234'], 'the star clears digits');
  type('1234#*B');
  t.same(told.at(-1), [BOB_VALUE, undefined], 'and a PIN');
  type('1234A#B');
  t.same(
    told.slice(-2),
    [
      [ADA_VALUE, undefined],
      [BOB_VALUE, undefined],
    ],
    'digits without # are no card’s',
  );
  type('1234#');
  pass(10_001);
  type('A');
  t.same(told.at(-1), [ADA_VALUE, undefined], 'a PIN is gone after 10 s');
  type('12');
  pass(10_001);
  type('3456#B');
  t.same(told.at(-1), [BOB_VALUE, '3456'], 'so are digits');
  type('12');
  pass(9_999);
  type('34#A');
  t.same(told.at(-1), [ADA_VALUE, '1234']);
  t.equal(timers.size, 0, 'no card ever waited');
});

t.test('card, then PIN: the card waits for it up to 10 s', async (t) => {
  const { told, type, pass, timers, reader } = await readerWith('after');
  type('A123');
  t.same(told, []);
  type('4#');
  t.same(told, [[ADA_VALUE, '1234']]);
  type('1234#B');
  t.same(told.at(-1), [BOB_VALUE, '1234'], 'typed before works too');
  type('A#');
  t.same(told.at(-1), [ADA_VALUE, undefined], '# alone sends it on');
  type('B12#');
  t.equal(told.length, 3, 'two digits are no PIN');
  t.equal(reader.stats().refused.bad_pin, 1);
  type('1299#');
  t.same(told.at(-1), [BOB_VALUE, '1299'], 'and may be typed again');
  type('A');
  pass(600);
  type('A');
  pass(9_399);
  t.equal(told.length, 4, 'held to the reader once more, it goes on waiting');
  pass(1);
  t.same(told.at(-1), [ADA_VALUE, undefined], '10 s after it came it goes on without a PIN');
  type('5678#');
  pass(1_000);
  type('B12');
  type('A');
  t.same(told.slice(-1), [[BOB_VALUE, '5678']]);
  type('34#');
  t.equal(reader.stats().refused.bad_pin, 2, 'digits of one card are not those of the next');
  type('#');
  t.same(told.at(-1), [ADA_VALUE, undefined]);
  t.equal(timers.size, 0);
  type('A');
  pass(501);
  type('B');
  t.same(told.at(-1), [ADA_VALUE, undefined], 'another card: the first goes on at once');
  await reader.stop();
  t.equal(timers.size, 0, 'nothing waits after stop');
  pass(10_000);
  t.same(told.at(-1), [ADA_VALUE, undefined]);
});

t.test('where keys mean nothing', async (t) => {
  const none = await readerWith('none');
  none.type('1234#A5678#');
  t.same(none.told, [[ADA_VALUE, undefined]]);
  const plain = await readerWith('before', 'none');
  plain.type('1A');
  t.same(plain.told, [[ADA_VALUE, undefined]]);
  t.equal(plain.reader.stats().refused.bad_length, 1, 'a key at a reader without a keypad');
  const keypad = await readerWith('before', '8-bit', 'none');
  keypad.type('1A');
  t.same(keypad.told, [], 'a keypad alone has no cards');
  t.equal(keypad.reader.stats().refused.bad_length, 2, 'and keys of 4 bits are none of 8');
  keypad.frame(8, 0b11100010n);
  t.equal(keypad.reader.stats().refused.bad_key, 1);
});

t.test('one event a presentation, refusals counted, states told once', async (t) => {
  const { reader, told, states, type, frame, pass, listener } = await readerWith('before', 'none');
  type('AAABBA');
  t.same(
    told.map(([value]) => value),
    [ADA_VALUE, BOB_VALUE, ADA_VALUE],
  );
  pass(501);
  type('A');
  t.equal(told.length, 4);
  const { bits, value } = encodeCard('26-h10301', ADA);
  frame(bits, value ^ 1n);
  frame(25, value >> 1n);
  frame(26, 1n);
  listener()?.onFault('lost_edges');
  listener()?.onFault('over_long');
  listener()?.onFault('babbling');
  t.match(reader.stats(), {
    badges: 4,
    repeats: 3,
    dropped: 0,
    throttled: 1,
    refused: { bad_length: 1, bad_parity: 1, zero_uid: 1, bad_oem: 0, bad_key: 0, bad_pin: 0, bad_pulses: 2 },
  });
  listener()?.onState('open');
  listener()?.onState('lost');
  listener()?.onState('lost');
  listener()?.onState('open');
  t.same(states, ['open', 'lost', 'open']);
  const flood = (card: number) => listener()?.onFrame(encodeCard('26-h10301', { facility: 1, card }), 1n);
  for (let card = 0; card < 1_000; card += 1) flood(card);
  t.match(reader.stats(), { badges: 4 + 15, dropped: 985 }, 'what is over the rate is dropped');
  await reader.stop();
  await reader.stop();
  t.equal(listener(), undefined, 'stop leaves the feed');
});
