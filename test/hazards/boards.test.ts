import t from 'tap';
import { DISK_FREE_BYTES_MIN } from '../../src/base/limits.ts';
import { HazardScene } from './hazard-scene.ts';

/** Hazards of a whole board: its power, its clock, its disk, and what takes minutes, each by the name of its row. */

const scene = await HazardScene.make(t);
const { space } = scene;

t.test('power loss at a door (logged on return)', async (t) => {
  await scene.begin();
  const fromMs = Date.now();
  await scene.call('door.edit', { door: 'front', openMs: 9_000 });
  await scene.badge('front');
  t.equal(await scene.isOn('front'), true);
  // Node and pins process are gone at once, and all they knew.
  await Promise.all([scene.node.kill(), scene.pins.kill()]);
  scene.pins = await space.startPins();
  await space.drive('front-contact high');
  await scene.restart(`boot=${'0b'.repeat(16)}`);
  const returned = await scene.row('returned');
  const { lastMs } = returned.body;
  t.ok(Number(lastMs) >= fromMs && Number(lastMs) < Date.now(), 'since when it was gone');
  await scene.row('found.open', { door: 'front' });
  t.equal(await scene.isOn('front'), false, 'the hardware has decided, and nothing is on');
  t.notOk((await scene.kinds()).includes('forced_open true'), 'nobody saw how it was opened');
  t.match(await space.cli('log', '--last', '9'), { stdout: /back after a loss of power; it wrote last at 20/ });
  await scene.restart(`boot=${'0b'.repeat(16)}`);
  t.equal((await scene.kinds()).filter((kind) => kind === 'returned').length, 1, 'the same boot is no loss of power');
  await space.drive('front-contact low');
  await scene.call('door.edit', { door: 'front', openMs: 300 });
});

t.test('stuck exit button', async (t) => {
  await scene.restart('hurry=20');
  await scene.begin();
  await space.drive('front-exit low');
  await scene.row('opened', { door: 'front', by: 'exit' });
  await scene.row('alarm', { door: 'front', alarm: 'exit_stuck', on: true });
  t.equal(await scene.isOn('front'), true, 'the way out stays open');
  await space.drive('front-contact high');
  await scene.row('alarm', { door: 'front', alarm: 'forced_open', on: true });
  await space.drive('front-exit high', 'front-contact low');
  await scene.row('alarm', { door: 'front', alarm: 'exit_stuck', on: false });
  t.strictSame(
    (await scene.kinds()).filter((kind) => kind === 'opened'),
    ['opened'],
    'one press is one fact, however long',
  );
  await scene.call('door.alarm-clear', { door: 'front', alarm: 'forced_open' });
});

t.test('clock unknown', async (t) => {
  await scene.call('guest.add', { name: 'Gus', member: 'Ada', until: Date.now() + 86_400_000 });
  await scene.call('badge.enrol', { member: 'Gus', number: '0000000002' });
  await scene.call('glass.add', { card: 'safe-1', label: 'safe', number: '0000000003' });
  await scene.restart('clock=untrusted');
  await scene.begin();
  t.match(await scene.badge('back', '0000000002'), { code: 'clock_unknown', rule: 'guest' });
  t.match(await scene.badge('back', '0000000003'), { result: 'granted', rule: 'break-glass:safe' });
  t.match(await scene.badge('back'), { result: 'granted' }, 'a permanent member');
  await space.drive('front-tamper low');
  const alarm = await scene.row('alarm', { alarm: 'tamper', on: true });
  t.match(alarm.body, { clock: 'unknown' }, 'events are flagged');
  await space.drive('front-exit low');
  t.match((await scene.row('opened')).body, { by: 'exit', clock: 'unknown' }, 'a way out needs no clock');
  await space.drive('front-exit high', 'front-tamper high');
  await scene.call('door.alarm-clear', { door: 'front', alarm: 'tamper' });
});

t.test('disk full', async (t) => {
  await scene.restart(`free=${DISK_FREE_BYTES_MIN - 1}`);
  await scene.begin();
  await t.rejects(scene.call('door.edit', { door: 'back', openMs: 500 }), { code: 'disk_low' }, 'new wishes come last');
  await space.drive('front-tamper low');
  await scene.row('alarm', { alarm: 'tamper', on: true });
  t.strictSame(await scene.alarms('front'), ['tamper'], 'alarms are kept');
  t.match(await scene.badge('back'), { result: 'granted' });
  await scene.call('lockdown', { reason: 'gas' });
  t.match(await scene.badge('back'), { code: 'lockdown' }, 'and so are denials');
});
