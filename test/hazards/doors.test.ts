import t from 'tap';
import { READER_QUEUE_MAX } from '../../src/base/limits.ts';
import { untilFound } from '../node/program.ts';
import { CARD_FRAME, HazardScene, OPEN_MS } from './hazard-scene.ts';

/** Hazards of doors that a node meets while it runs, each by the name of its row. */

const scene = await HazardScene.make(t);
const { space } = scene;

t.test('same card at two doors implausibly fast', async (t) => {
  await scene.begin();
  await Promise.all([space.send('back', CARD_FRAME), space.send('weld', CARD_FRAME)]);
  const alert = await scene.row('alert');
  t.match(alert.body, { alert: 'implausible', member: /^m-/, badge: /^b-/, clock: 'synced' });
  t.strictSame([alert.body.door, alert.body.other].sort(), ['back', 'weld']);
  t.match(await space.cli('log', '--last', '9'), {
    stdout: /ALERT implausible m-\w+ Ada, just before at .*faster than anybody walks/,
  });
});

t.test('several reasons', async (t) => {
  await scene.begin();
  await scene.call('member.suspend', { member: 'Ada', reason: 'dues' });
  await scene.call('lockdown', { reason: 'gas' });
  await scene.call('door.edit', { door: 'front', allow: [] });
  const denied = await scene.badge('front');
  t.match(denied, { result: 'denied', code: 'suspended' }, 'the first of the reasons');
  const why = await scene.call('door.why', { door: 'front', member: 'Ada' });
  const codes = (why.denials as { code: string }[]).map(({ code }) => code);
  t.strictSame(codes, ['suspended', 'lockdown', 'not_allowed'], 'and all of them');
  await scene.call('member.resume', { member: 'Ada' });
  t.match(await scene.badge('front'), { code: 'lockdown' });
  await scene.call('lockdown.end', {});
  t.match(await scene.badge('front'), { code: 'not_allowed' });
  await scene.call('door.edit', { door: 'front', allow: [{ who: 'everyone', schedule: null }] });
  t.match(await scene.badge('front'), { result: 'granted' }, 'any denial beats every grant, until the last is gone');
});

t.test('crash in mid-pulse', async (t) => {
  await scene.begin();
  await scene.call('door.edit', { door: 'back', openMs: 3_000 });
  const { pulse } = await scene.badge('back');
  await scene.node.kill();
  const pins = await space.pins();
  const record = await untilFound(
    async () => (await pins.records(0)).find(({ id, end }) => id === pulse && end !== undefined),
    'the end of the pulse',
  );
  t.match(record, { end: 'timer', owner: 'lost' }, 'it ended on time');
  await scene.restart();
  const told = await scene.row('interrupted', { pulse: String(pulse) });
  t.match(told.body, { output: 'back-strike', end: 'timer' });
  t.notOk(
    (await pins.list()).some(({ on }) => on),
    'every output is in its safe state',
  );
});

t.test('restart', async (t) => {
  await scene.begin();
  await scene.call('door.edit', { door: 'back', openMs: OPEN_MS, twoMs: 60_000 });
  await scene.call('member.add', { name: 'Bob' });
  await scene.call('badge.enrol', { member: 'Bob', number: '0000000001' });
  t.match(await scene.badge('back'), { code: 'second_person_missing' });
  await space.drive('front-tamper low');
  await scene.row('alarm', { alarm: 'tamper', on: true });
  await space.drive('front-tamper high');
  await scene.call('door.disable', { door: 'front', reason: 'the lock is stuck' });
  await scene.node.kill();
  await scene.restart();
  t.match(await scene.badge('back', '0000000001'), { code: 'second_person_missing' }, 'who waited is forgotten');
  t.match(await scene.badge('front'), { code: 'disabled' }, 'what shuts a door stands');
  t.strictSame(await scene.alarms('front'), ['tamper'], 'and so does an alarm that a person has to see');
  t.match(await space.cli('door', 'alarms'), { stdout: /front +tamper +since .*a case was opened/ });
  t.match(await space.cli('status'), { stdout: /ALARM +front tamper since [\s\S]*front-tamper: inactive/ });
  t.equal((await scene.kinds()).filter((kind) => kind === 'tamper true').length, 1, 'told once');
  await scene.call('door.edit', { door: 'back', twoMs: 0 });
  await scene.call('door.enable', { door: 'front' });
  t.equal((await space.cli('door', 'alarm-clear', 'front', 'tamper')).code, 0);
  t.match(await space.cli('door', 'alarm-clear', 'front', 'tamper'), {
    code: 1,
    stderr: /no_such_alarm\W+blockmesh door alarms/,
  });
  t.match(await space.cli('door', 'alarm-clear', 'frnt', 'tamper'), { code: 1, stderr: /no_such_door/ });
  t.match(await space.cli('door', 'alarms'), { stdout: 'nothing is wrong at any door\n' });
});

t.test('relay welded (feedback still on after off)', async (t) => {
  await scene.begin();
  await space.drive('weld-feedback low');
  await scene.row('alarm', { door: 'weld', alarm: 'welded', on: true });
  t.match(await scene.badge('weld'), { code: 'welded' }, 'no new session');
  t.match(await scene.badge('back'), { result: 'granted' }, 'at other doors there is');
  t.match(await space.cli('status'), { stdout: /weld-strike is welded/ });
  await scene.restart();
  t.match(await scene.badge('weld'), { code: 'welded' });
  await scene.node.logged('output welded: its feedback says otherwise');
  t.equal((await scene.kinds()).filter((kind) => kind === 'welded true').length, 1, 'latched, and told once');
  await space.drive('weld-feedback high');
  await scene.node.logged('output and its feedback agree');
  t.match(await scene.badge('weld'), { code: 'welded' }, 'a relay that has let go is still no relay to trust');
  await scene.call('door.alarm-clear', { door: 'weld', alarm: 'welded' });
  // On for so long that a node that stands still meanwhile hears of it before it is off again.
  await scene.call('door.edit', { door: 'weld', openMs: 3_000 });
  t.match(await scene.badge('weld'), { result: 'granted' });
  await scene.row('alarm', { door: 'weld', alarm: 'jammed', on: true });
  await scene.row('alarm', { door: 'weld', alarm: 'jammed', on: false });
  await scene.call('door.edit', { door: 'weld', openMs: OPEN_MS });
});

/** What an RDM6300 sends for a card. */
function frameOf(card: number): string {
  const digits = card.toString(16).toUpperCase().padStart(10, '0');
  const sum = Buffer.from(digits, 'hex').reduce((all, byte) => all ^ byte, 0);
  return `\x02${digits}${sum.toString(16).toUpperCase().padStart(2, '0')}\x03`;
}

t.test('flooded or babbling reader', async (t) => {
  await scene.begin();
  // Cards that nobody knows, as fast as the line takes them, and noise between them.
  const frames = Array.from({ length: 500 }, (_, at) => `${frameOf(at + 1_000)}\x02zz`);
  const noise = Buffer.from(frames.join(''), 'latin1');
  const flood = new AbortController();
  const flooding = (async () => {
    while (!flood.signal.aborted) await space.send('back', noise, false);
  })();
  await scene.row('alarm', { door: 'back', alarm: 'reader_babbling', on: true });
  await space.drive('front-exit low');
  await scene.row('opened', { door: 'front', by: 'exit' });
  t.match(await scene.badge('weld'), { result: 'granted' }, 'other readers are heard');
  const denied = await untilFound(async () => {
    const count = (await scene.kinds()).filter((kind) => kind === 'denied').length;
    return count > READER_QUEUE_MAX ? count : undefined;
  }, 'more cards than a burst are denied');
  t.ok(denied > READER_QUEUE_MAX, 'it was no mere noise');
  flood.abort();
  await flooding;
  await scene.row('alarm', { door: 'back', alarm: 'reader_babbling', on: false });
  await space.drive('front-exit high');
  t.match(await scene.badge('back'), { result: 'granted' }, 'and so is this one again');
});
