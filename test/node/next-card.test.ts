import t from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { parseLog, WAIT_MS } from './program.ts';
import { furnish, LogReader, TestSpace } from './space-harness.ts';

/** Enrolling by tapping, and the virtual keypad, on a running node with real readers' lines. */

const CARD = '0009362416';
const NEW_FRAME = Buffer.from('\x02000000000101\x03', 'latin1');
const NEW_CARD = '0000000001';
const OTHER_FRAME = Buffer.from('\x0200000000FFFF\x03', 'latin1');

const drivers = { gwiot: 'gwiot7941e', twelve: 'id12' };
const space = await TestSpace.make(t, { doors: ['front', 'back', 'gwiot', 'twelve'], drivers });
await space.startPins();
const node = await space.startNode();
await furnish(
  space,
  [
    { name: 'front', openMs: 300 },
    { name: 'back', openMs: 300 },
    { name: 'gwiot', openMs: 300 },
    { name: 'twelve', openMs: 300 },
  ],
  [CARD],
);
const control = await space.control();
const call = (method: string, params: JsonObject) => control.call(method, params, WAIT_MS) as Promise<JsonObject>;
const isWaiting = { reader: 'front-reader' };

t.test('the next card at a door is enrolled and opens nothing, while another door goes on', async (t) => {
  const tapped = space.launch(['badge', 'enrol', 'Ada', '--next', 'front', '--label', 'red', '--json']);
  await node.logged('waiting for a card to enrol', isWaiting);
  const opens = node.lines.length;
  await t.rejects(call('badge.next', { member: 'Ada', door: 'front', waitMs: 1_000 }), { code: 'enrolment_busy' });
  t.match(await call('badge.test', { door: 'back', number: CARD }), { result: 'granted' }, 'the other door opens');
  await space.send('front', NEW_FRAME);
  t.match(await tapped.exited, { code: 0 });
  await node.logged('output on', { output: 'back-strike' }, opens);
  t.match(JSON.parse(tapped.lines[0] ?? ''), { name: 'Ada', label: 'red', bits: [40, 32, 24] });
  t.match(tapped.stderr, 'Hold the card to the reader of front now');
  const moved = node.lines
    .slice(opens)
    .map(parseLog)
    .filter(({ msg }) => msg === 'output on');
  t.same(
    moved.map(({ output }) => output),
    ['back-strike'],
    'the front door stayed shut',
  );
  t.match(await call('badge.test', { door: 'back', number: NEW_CARD }), { result: 'granted' }, 'the new card works');
});

t.test('whoever stops waiting takes no card, and so does a wait that is over', async (t) => {
  const from = node.lines.length;
  const left = space.launch(['badge', 'enrol', 'Ada', '--next', 'front']);
  await node.logged('waiting for a card to enrol', isWaiting, from);
  left.signal('SIGINT');
  await left.exited;
  // The reader is free again as soon as the node has seen the caller go.
  const over = space.launch(['badge', 'enrol', 'Ada', '--next', 'back', '--wait', '1', '--json']);
  t.match(await over.exited, { code: 1 });
  t.match(JSON.parse(over.stderr.split('\n')[1] ?? ''), { error: { code: 'no_card' } });
  const log = new LogReader(control);
  await log.catchUp();
  await space.send('front', OTHER_FRAME);
  const denied = await log.row(({ kind }) => kind === 'denied');
  t.match(denied.body, { door: 'front', code: 'unknown_badge' }, 'the card was denied, and nobody got it');
  t.match(await call('badge.enrol-last', { member: 'Ada', door: 'front' }), { bits: [40, 32, 24] });
});

t.test('what cannot be waited for is said at once', async (t) => {
  await t.rejects(call('badge.next', { member: 'Bob', door: 'front', waitMs: 1_000 }), { code: 'no_such_member' });
  await t.rejects(call('badge.next', { member: 'Ada', door: 'none', waitMs: 1_000 }), { code: 'no_such_door' });
  await t.rejects(call('badge.next', { member: 'Ada', door: 'front', waitMs: 1e9 }), { code: 'bad_params' });
  for (const words of [['Ada'], ['Ada', CARD, '--next', 'front'], ['Ada', '--next', 'front', '--wait', '0']]) {
    const { code, stderr } = await space.cli('badge', 'enrol', ...words);
    t.equal(code, 1, words.join(' '));
    t.match(stderr, /\[(card_unclear|bad_wait)\]/);
  }
});

t.test('a virtual reader of each kind sends what a real one would', async (t) => {
  for (const door of ['gwiot', 'twelve']) {
    t.match(await call('badge.test', { door, number: CARD }), { result: 'granted' }, door);
    t.match(await call('badge.test', { door, number: 'hex:11008EDBF1' }), { code: 'unknown_badge' }, door);
    await t.rejects(call('badge.test', { door, number: 'uid:04A1B2C3' }), { code: 'card_not_readable' });
  }
});

t.test('a PIN typed at the virtual keypad is with that one presentation, as hashes', async (t) => {
  // Of twelve digits: four stand in a log by chance, in times and ids.
  await t.rejects(call('badge.test', { door: 'back', number: CARD, pin: 'abcd' }), { code: 'pin_unreadable' });
  const { badges } = (await call('member.show', { member: 'Ada' })) as { badges: JsonObject[] };
  const [badge] = badges.filter(({ bits }) => String(bits) === '32,24');
  await call('badge.pin', { member: 'Ada', badge: badge?.badge ?? null, pin: '471108150815' });
  await call('door.edit', { door: 'back', pin: true });
  // Another card in between, for the same one within half a second counts as lying there still.
  const between = () => call('badge.test', { door: 'back', number: NEW_CARD });
  t.match(await call('badge.test', { door: 'back', number: CARD, pin: '471208150815' }), { code: 'pin_wrong' });
  t.match(await between(), { code: 'pin_missing' });
  t.match(await call('badge.test', { door: 'back', number: CARD, pin: '471108150815' }), { result: 'granted' });
  t.match(await between(), { code: 'pin_missing' });
  const later = await call('badge.test', { door: 'back', number: CARD });
  t.match(later, { code: 'pin_missing' }, 'and with no other');
  t.notOk(
    node.lines.some((line) => line.includes('471108150815') || line.includes('471208150815')),
    'nothing of it in the log',
  );
  control.close();
});
