import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { hexOf } from '../contract/pins-process.ts';
import { encodeCard } from '../devices/wiegand/encode.ts';
import { WAIT_MS } from './program.ts';
import { LogReader, TestSpace } from './space-harness.ts';

/** Wiegand readers and their keypads, from pulses on lines in memory to the ledger, on real processes. */

const ADA = { facility: 142, card: 56304 };
const EVE = { facility: 1, card: 2 };
const PIN = '471108150815';
const KEY_MS = 60;

const lines = (name: string) => `chip = "virtual"\nd0 = "${name}-d0"\nd1 = "${name}-d1"`;
const strike = (name: string) => `[output.${name}-strike]\nchip = "virtual"\nline = "${name}"`;
const space = await TestSpace.make(t, {
  doors: [],
  config: [
    `[reader.side-reader]\ndriver = "wiegand"\n${lines('side')}\nkeypad = "8-bit"`,
    `[reader.lab-reader]\ndriver = "wiegand"\n${lines('lab')}\nformat = "34-h10306"\nkeypad = "4-bit"\npin = "after"`,
    strike('side'),
    strike('lab'),
  ].join('\n'),
});
let pins = await space.startPins();
const node = await space.startNode();
const control = await space.control();
const call = (method: string, params: JsonObject) => control.call(method, params, WAIT_MS) as Promise<JsonObject>;
const log = new LogReader(control);

await call('member.add', { name: 'Ada' });
await call('badge.enrol', { member: 'Ada', number: '0009362416' });
for (const name of ['side', 'lab']) {
  const door = { door: name, reader: `${name}-reader`, output: `${name}-strike`, openMs: 300 };
  await call('door.add', { ...door, bits: 24, pin: name === 'lab' });
}
const { badges } = (await call('member.show', { member: 'Ada' })) as { badges: JsonObject[] };
await call('badge.pin', { member: 'Ada', badge: badges[0]?.badge ?? null, pin: PIN });

const textOf = (bits: number, value: bigint) => value.toString(2).padStart(bits, '0');

/** `bits` as text, in the order of the wire. */
const pulses = (reader: string, bits: string) => space.drive(`${reader}.wiegand ${bits.length} ${hexOf(bits)}`);

async function card(name: 'side' | 'lab', one: typeof ADA): Promise<void> {
  const { bits, value } = encodeCard(name === 'side' ? '26-h10301' : '34-h10306', one);
  await pulses(`${name}-reader`, textOf(bits, value));
}

async function type(name: 'side' | 'lab', keys: string): Promise<void> {
  for (const key of keys) {
    const code = '0123456789*#'.indexOf(key);
    const text = textOf(4, BigInt(code));
    // The pace of quick fingers, not a wait for something: what is faster, the pins process takes for babble.
    await pause(KEY_MS);
    await pulses(`${name}-reader`, name === 'lab' ? text : `${textOf(4, BigInt(15 - code))}${text}`);
  }
}

/** What the ledger says of what `happens`. */
async function fact(happens: () => Promise<void>): Promise<JsonObject> {
  const from = (await log.catchUp()).length;
  await happens();
  const row = await log.row(({ kind }) => kind === 'granted' || kind === 'denied', from);
  return { kind: row.kind, ...row.body };
}

const readers = async () => {
  const { readers: all } = (await call('node.status', {})) as { readers: readonly JsonObject[] };
  return all;
};

t.test('pulses of a card open the door, and a card that was enrolled as printed is known', async (t) => {
  t.match(await readers(), [
    { name: 'side-reader', state: 'open' },
    { name: 'lab-reader', state: 'open' },
  ]);
  t.match(await fact(() => card('side', ADA)), { kind: 'granted', door: 'side', member: /^m-/ });
  t.match(await fact(() => card('side', EVE)), { kind: 'denied', code: 'unknown_badge' });
  const { bits, value } = encodeCard('26-h10301', ADA);
  await pulses('side-reader', textOf(bits, value ^ 2n));
  await pulses('side-reader', textOf(27, value));
  t.match(await fact(() => card('side', ADA)), { kind: 'granted' }, 'after pulses that are no card');
  const [side] = await readers();
  t.match(side, { badges: 3, refused: { bad_parity: 1, bad_length: 1 } });
  const { stdout } = await space.cli('status');
  t.match(stdout, 'side-reader: open, 3 badges, 0 dropped, refused bad_length 1, bad_parity 1\n');
});

t.test('card, then PIN', async (t) => {
  const right = () => card('lab', ADA).then(() => type('lab', `${PIN}#`));
  t.match(await fact(right), { kind: 'granted', door: 'lab', pin: true });
  const none = () => card('lab', EVE).then(() => type('lab', '#'));
  t.match(await fact(none), { kind: 'denied', code: 'unknown_badge' });
  const wrong = () => card('lab', ADA).then(() => type('lab', '123456#'));
  t.match(await fact(wrong), { kind: 'denied', code: 'pin_wrong' });
  t.match(await fact(none), { kind: 'denied' });
  const before = () => type('lab', `99*${PIN}#`).then(() => card('lab', ADA));
  t.match(await fact(before), { kind: 'granted', pin: true }, 'typed before works too');
  t.notOk(
    node.lines.some((line) => line.includes(PIN) || line.includes('123456#')),
    'nothing of it in the log',
  );
  t.notOk(JSON.stringify(await log.catchUp()).includes(PIN), 'nor in the ledger');
});

t.test('PIN, then card', async (t) => {
  await call('door.edit', { door: 'side', pin: true });
  t.match(await fact(() => card('side', EVE)), { kind: 'denied' });
  t.match(await fact(() => type('side', `${PIN}#`).then(() => card('side', ADA))), { kind: 'granted', pin: true });
  t.match(await fact(() => card('side', EVE)), { kind: 'denied' });
  t.match(await fact(() => card('side', ADA)), { kind: 'denied', code: 'pin_missing' }, 'a PIN is for one card');
});

t.test('without the pins process its readers are lost, and back with it', async (t) => {
  const from = node.lines.length;
  await pins.kill();
  const why = 'the pins process is not there, so nobody hears the lines of side-reader';
  const fault = `${why}. Start it again; the node finds it by itself.`;
  await node.logged(`reader lost: ${fault}`, {}, from);
  t.match((await readers())[0], { state: 'lost', fault });
  pins = await space.startPins();
  await node.logged('reader open', { reader: 'lab-reader' }, from);
  const open = { state: 'open', fault: null };
  t.match(await readers(), [open, open]);
  const { bits, value } = encodeCard('26-h10301', EVE);
  const heard = await fact(() => pulses('side-reader', textOf(bits, value)));
  t.match(heard, { kind: 'denied', door: 'side', code: 'unknown_badge' });
  control.close();
});
