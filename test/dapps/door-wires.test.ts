import fc from 'fast-check';
import t from 'tap';
import {
  ALARM_STEP_MS,
  APART_MS_MIN,
  BELL_PAUSE_MS,
  EXIT_STUCK_MS,
  RELEASE_GRACE_MS,
} from '../../dapps/door/limits.ts';
import { CodedError } from '../../src/base/errors.ts';
import { RPC_PENDING_MAX, SCAN_ROWS_MAX } from '../../src/base/limits.ts';
import { ADAS, AgentUnderTest, at, BOBS, NOON_MS } from './door-agent.ts';
import { MINUTE_MS, WiredDoor, wiredDoor } from './door-wires.ts';

const OPENED = ['pulse o-front', 'opened front exit-button'];

t.test('an exit button opens, under lockdown and at a disabled door too, once a second', async (t) => {
  const door = await wiredDoor();
  await door.input('button', true);
  await door.input('button', false);
  t.strictSame(door.acts(), OPENED);
  t.strictSame(door.told(), ['opened exit']);
  await door.input('button', true);
  t.strictSame(door.acts(), [], 'the pulse still runs');
  await door.input('button', false);
  await door.pass(1_000);
  door.give('door', {
    'denial/all/blk.0': { reason: 'gas', since: 1 },
    'denial/door/front/blk.1': { reason: 'x', since: 1 },
  });
  await door.changed('door', ['denial/all/blk.0', 'denial/door/front/blk.1']);
  door.acts();
  await door.input('button', true);
  t.strictSame(door.acts(), OPENED, 'a way out is free');
  await door.input('button', false);
  await door.badge('r-front');
  t.match(door.acts(), ['denied front lockdown denial:blk.0'], 'a way in is not');
});

t.test('an exit button that the pins refuse is tried each time and told once a second', async (t) => {
  const door = await wiredDoor();
  door.faults.set('pulse', new CodedError('pins_offline', 'gone'));
  for (let presses = 0; presses < 5; presses += 1) {
    await door.input('button', true);
    await door.input('button', false);
    await door.pass(100);
  }
  const acts = door.acts();
  t.equal(acts.filter((act) => act === 'pulse o-front').length, 5);
  t.strictSame(
    acts.filter((act) => act.startsWith('opened')),
    ['opened front exit-button pins_offline'],
  );
});

t.test(
  'a stuck exit button keeps the way out open and is an alarm, and excuses nobody who forces the door',
  async (t) => {
    const door = await wiredDoor();
    await door.input('button', true);
    await door.pass(EXIT_STUCK_MS - 1);
    t.strictSame(door.acts(), [...OPENED, 'hold o-front'], 'held once, when the pulse was over');
    await door.input('reed', true);
    await door.input('reed', false);
    t.strictSame(door.acts(), [], 'until then the button explains an opened door');
    await door.pass(1);
    t.strictSame(door.acts(), ['alarm front exit_stuck true']);
    door.on.delete('o-front');
    await door.pass(1_000);
    t.strictSame(door.acts(), ['hold o-front'], 'whatever has let go of it');
    await door.input('reed', true);
    t.strictSame(door.acts(), ['alarm front forced_open true']);
    await door.input('reed', false);
    await door.badge('r-front');
    door.acts();
    await door.changed('door', ['alarm/front/forced_open']);
    door.state.write('door', [{ key: 'alarm/front/forced_open', value: null }]);
    await door.changed('door', ['alarm/front/forced_open']);
    await door.input('reed', true);
    await door.pass(ALARM_STEP_MS);
    t.strictSame(door.alarmsTold(), [], 'a badge still explains it');
    await door.input('button', false);
    t.strictSame(door.acts(), ['alarm front exit_stuck false']);
    await door.pass(3_000);
    t.strictSame(door.acts(), ['release o-front'], 'whoever pressed it had the time to pull the door');
  },
);

t.test('a button that is taken from the door, or given to it, opens nothing by that', async (t) => {
  const door = await wiredDoor();
  await door.input('button', true);
  await door.pass(2_000);
  await door.pass(2_000);
  door.acts();
  door.edit('front', { exit: null });
  await door.changed('door', ['door/front']);
  await door.pass(10_000);
  t.strictSame(door.acts(), ['release o-front']);
  door.edit('front', { exit: 'button' });
  await door.changed('door', ['door/front']);
  await door.pass(10_000);
  t.strictSame(door.acts(), [], 'an entry opens nothing');
  await door.input('button', true, true);
  t.strictSame(door.acts(), OPENED, 'a board that finds it pressed does');
});

t.test('exit buttons do not wait behind badges', async (t) => {
  const door = await wiredDoor();
  const calls: string[] = [];
  const before = door.before;
  door.before = (ask) => {
    before(ask);
    calls.push(ask.method === 'pulse' ? 'pulse' : ask.method);
  };
  // More look-ups than may be open at once stand in line when the button is pressed.
  const badges = Array.from({ length: RPC_PENDING_MAX - 1 }, () => door.badge('r-front', BOBS, at()));
  await door.input('button', true);
  await Promise.all(badges);
  const first = calls.indexOf('pulse');
  // What was on its way already, and two look-ups and the pulse, each after as many as may be open.
  t.ok(first > 0 && first < 4 * RPC_PENDING_MAX, `${first} calls came before it, ${calls.length} in all`);
  t.ok(calls.length > 8 * RPC_PENDING_MAX, 'far more stood in line');
});

t.test('what was opened is shut at a person’s wish, and a way out is not', async (t) => {
  const door = await wiredDoor();
  const ask = (name: string) =>
    door.program.call('request', { name, params: { door: 'front', by: 'device:hass' }, at: door.at });
  await ask('open');
  t.strictSame(await ask('shut'), { door: 'front' });
  t.strictSame(door.acts(), ['pulse o-front', 'opened front request', 'release o-front']);
  t.strictSame(door.told(), ['opened device:hass', 'shut device:hass']);
  await door.input('button', true);
  door.acts();
  await t.rejects(ask('shut'), { code: 'exit_pressed' });
  t.strictSame(door.acts(), []);
  await door.input('button', false);
  await ask('shut');
  t.strictSame(door.acts(), ['release o-front']);
  await t.rejects(door.program.call('request', { name: 'shut', params: { door: 'side', by: 'x' }, at: door.at }), {
    code: 'no_such_door',
  });
});

t.test('a door that opens by itself is forced open, until a person clears that', async (t) => {
  const door = await wiredDoor();
  const swing = async (): Promise<readonly string[]> => {
    await door.input('reed', true);
    await door.input('reed', false);
    return door.alarmsTold();
  };
  await door.badge('r-front');
  await door.pass(3_000 + RELEASE_GRACE_MS);
  t.strictSame(await swing(), [], 'the grace after the pulse');
  await door.program.call('request', { name: 'open', params: { door: 'front', by: 'fay' }, at: at() });
  t.strictSame(await swing(), [], 'a person at the console');
  await door.pass(3_001 + RELEASE_GRACE_MS);
  t.strictSame(await swing(), ['alarm front forced_open true'], 'one millisecond later');
  t.strictSame(await swing(), [], 'it stands already');
  t.match(door.state.read('door', 'alarm/front/forced_open'), { since: NOON_MS });
  t.match(door.shown, { state: 'locked', contact: 'closed', alarms: ['forced_open'], output: 'off' });
  await door.changed('door', ['alarm/front/forced_open']);
  door.state.write('door', [{ key: 'alarm/front/forced_open', value: null }]);
  await door.changed('door', ['alarm/front/forced_open']);
  t.match(door.shown, { alarms: [] });
  t.strictSame(door.alarmsTold(), [], 'cleared is cleared');
  await door.pass(ALARM_STEP_MS);
  t.strictSame(await swing(), ['alarm front forced_open true'], 'and comes again');
  door.on.add('o-front');
  t.ok(door.told().includes('alarm forced_open true'));
});

t.test('a door opened while its output is on is not forced, whoever turned that on', async (t) => {
  const door = await wiredDoor();
  door.on.add('o-front');
  await door.input('reed', true);
  t.strictSame(door.alarmsTold(), []);
});

t.test('a door that is kept open is not forced, nor held open, nor in the minute after', async (t) => {
  const door = await wiredDoor();
  door.edit('front', { keepOpen: 'days' });
  await door.fire('minute', at());
  t.strictSame(door.acts(), ['hold o-front', 'kept front true schedule:days']);
  await door.input('reed', true);
  await door.pass(5 * MINUTE_MS);
  t.strictSame(door.acts(), []);
  await door.fire('minute', at(NOON_MS + 9 * 60 * MINUTE_MS));
  door.acts();
  await door.input('reed', false);
  await door.input('reed', true);
  t.strictSame(door.acts(), [], 'who was late');
  await door.fire('minute', at(NOON_MS + 9 * 60 * MINUTE_MS + MINUTE_MS));
  await door.pass(30_000);
  t.strictSame(door.alarmsTold(), ['alarm front held_open true']);
});

t.test('a door that stays open is held open, until it is closed', async (t) => {
  const door = await wiredDoor();
  await door.badge('r-front');
  await door.input('reed', true);
  await door.pass(29_999);
  t.strictSame(door.alarmsTold(), []);
  await door.pass(1);
  t.strictSame(door.alarmsTold(), ['alarm front held_open true']);
  t.match(door.shown, { contact: 'open', alarms: ['held_open'] });
  await door.input('reed', null);
  t.match(door.shown, { contact: null, alarms: ['held_open'] }, 'nobody knows');
  await door.input('reed', false, true);
  t.strictSame(door.alarmsTold(), ['alarm front held_open false']);
  await door.input('reed', true);
  await door.input('reed', false);
  await door.pass(MINUTE_MS);
  t.strictSame(door.alarmsTold(), ['alarm front forced_open true'], 'closed in time');
});

t.test('a door found open is told as such, once, and counted from then on', async (t) => {
  const door = new WiredDoor().watchTimers();
  await door.start();
  await door.input('reed', true, true);
  t.strictSame(door.acts(), ['found.open front'], 'not forced_open');
  await door.input('reed', null);
  await door.input('reed', true, true);
  t.strictSame(door.acts(), [], 'the pins process came and went');
  await door.pass(30_000);
  t.strictSame(door.acts(), ['alarm front held_open true']);
});

t.test('alarms that stood before a restart stand after it, and end when their cause is known to be over', async (t) => {
  const door = new WiredDoor().watchTimers();
  const record = { since: 1, event: null, clock: 'synced' };
  for (const alarm of ['welded', 'forced_open', 'held_open', 'jammed', 'exit_stuck', 'reader_lost', 'tamper']) {
    door.give('door', { [`alarm/front/${alarm}`]: record });
  }
  await door.start();
  await door.pass(MINUTE_MS);
  t.strictSame(door.acts(), [], 'what is not known yet changes nothing');
  await door.input('reed', true, true);
  await door.input('lid', true, true);
  t.strictSame(door.acts(), ['found.open front'], 'each is told already');
  await door.input('button', false, true);
  await door.input('reed', false);
  await door.input('lid', false);
  await door.output(false);
  await door.reader('open');
  t.strictSame(
    [...door.alarmsTold()].sort(),
    ['exit_stuck', 'held_open', 'jammed', 'reader_lost'].map((alarm) => `alarm front ${alarm} false`),
    'the latched ones stand',
  );
  t.match(door.shown, { state: 'jammed', alarms: ['forced_open', 'tamper', 'welded'] });
});

t.test('what is told before the alarms are read is neither told twice nor forgotten', async (t) => {
  const door = new WiredDoor().watchTimers();
  const record = { since: 1, event: null, clock: 'synced' };
  door.give('door', { 'alarm/front/jammed': record, 'alarm/front/tamper': record });
  // So many stand elsewhere that they are read page by page.
  for (let at = 0; at < 2 * SCAN_ROWS_MAX; at += 1) door.give('door', { [`alarm/d-${at}/tamper`]: record });
  const hello = door.program.call('hello', { abi: 1, dapp: 'door', branch: 'main' });
  const first = [door.input('lid', true, true), door.output(false)];
  await Promise.all([hello, ...first]);
  await door.settled();
  t.strictSame(door.alarmsTold(), ['alarm front jammed false']);
});

t.test('a welded relay is latched and keeps badges out; a silent one is told while it is', async (t) => {
  const door = await wiredDoor();
  await door.output(true, 'silent');
  t.strictSame(door.alarmsTold(), ['alarm front jammed true']);
  t.match(door.shown, { state: 'jammed', output: 'on' });
  await door.output(true);
  t.strictSame(door.alarmsTold(), ['alarm front jammed false']);
  t.match(door.shown, { state: 'unlocked', alarms: [] });
  await door.output(false, 'welded');
  await door.badge('r-front');
  t.strictSame(door.acts(), ['alarm front welded true', 'denied front welded alarm:welded']);
  await door.input('button', true);
  await door.input('button', false);
  t.strictSame(door.acts(), OPENED, 'a way out is free');
  await door.changed('door', ['alarm/front/welded']);
  const clear = async (): Promise<void> => {
    door.state.write('door', [{ key: 'alarm/front/welded', value: null }]);
    await door.changed('door', ['alarm/front/welded']);
    await door.pass(ALARM_STEP_MS);
  };
  await clear();
  t.strictSame(door.acts(), ['alarm front welded true'], 'clearing hides nothing');
  await door.output(false);
  await door.badge('r-front');
  t.strictSame(door.acts(), ['denied front welded alarm:welded'], 'it is latched');
  await door.changed('door', ['alarm/front/welded']);
  await clear();
  await door.badge('r-front');
  t.strictSame(door.acts(), ['pulse o-front', 'granted front always']);
});

t.test('a tampered case and a reader that is lost or babbles are alarms', async (t) => {
  const door = await wiredDoor();
  await door.input('lid', true);
  await door.input('lid', false);
  t.strictSame(door.alarmsTold(), ['alarm front tamper true'], 'it stays until a person has looked');
  await door.reader('babbling');
  await door.reader('lost');
  await door.reader('open');
  t.strictSame(door.alarmsTold(), [
    ...['alarm front reader_babbling true', 'alarm front reader_lost true'],
    ...['alarm front reader_babbling false', 'alarm front reader_lost false'],
  ]);
});

t.test('a bell rings on MQTT alone, and not without end', async (t) => {
  const door = await wiredDoor();
  const ring = async (): Promise<void> => {
    await door.input('ring', true);
    await door.input('ring', false);
  };
  for (let i = 0; i < 10; i += 1) await ring();
  t.strictSame(door.told(), ['bell']);
  await door.pass(BELL_PAUSE_MS);
  await ring();
  t.strictSame(door.told(), ['bell']);
  await door.input('ring', true, true);
  t.strictSame([door.told(), door.acts()], [[], []]);
});

t.test('an alarm that cannot be written down is kept and told later', async (t) => {
  const door = await wiredDoor();
  door.faults.set('append', new CodedError('disk_full', 'no room'));
  await door.input('lid', true);
  await door.input('lid', false);
  await door.pass(3 * ALARM_STEP_MS);
  t.equal(door.state.read('door', 'alarm/front/tamper'), null);
  door.faults.delete('append');
  door.acts();
  await door.input('lid', true);
  await door.pass(ALARM_STEP_MS);
  t.strictSame(door.alarmsTold(), ['alarm front tamper true']);
});

t.test('what MQTT refuses is said again, and only the last of it', async (t) => {
  const door = await wiredDoor();
  door.faults.set('publish', new CodedError('publish_too_fast', 'slower'));
  await door.output(true);
  await door.output(false);
  await door.output(true);
  t.match(door.shown, { state: 'locked' });
  door.faults.clear();
  await door.pass(1_000);
  t.match(door.shown, { state: 'unlocked', output: 'on' });
});

t.test('a card at two doors faster than anybody walks is told, once a minute', async (t) => {
  const alertsOf = async (agent: AgentUnderTest, reader: string, ms: number, quality = 'synced') => {
    await agent.badge(reader, ADAS, at(NOON_MS + ms, quality));
    return agent.acts().filter((act) => act.startsWith('alert'));
  };
  const agent = new AgentUnderTest();
  t.strictSame(await alertsOf(agent, 'r-front', 0), []);
  t.strictSame(await alertsOf(agent, 'r-front', 1), [], 'the same door');
  t.strictSame(await alertsOf(agent, 'r-back', APART_MS_MIN + 1), []);
  t.strictSame(await alertsOf(agent, 'r-front', 2 * APART_MS_MIN), ['alert front']);
  t.strictSame(await alertsOf(agent, 'r-back', 2 * APART_MS_MIN + 1), [], 'once a minute');
  t.strictSame(await alertsOf(agent, 'r-front', MINUTE_MS * 2), []);
  t.strictSame(await alertsOf(agent, 'r-back', MINUTE_MS * 2 + 1, 'unknown'), [], 'without a clock nobody knows');
  const stated = new AgentUnderTest();
  stated.give('door', { 'seen/ada/fob': { door: 'elsewhere', ms: NOON_MS + 1 } });
  t.strictSame(await alertsOf(stated, 'r-front', 0), ['alert front'], 'what another board has seen, its clock ahead');
});

t.test('whatever the wires do, alarms alternate and are few, and a pressed button opens', async (t) => {
  const inputs = fc.record({ input: fc.constantFrom('button', 'reed', 'lid', 'ring'), active: fc.boolean() });
  const step = fc.oneof(
    { weight: 6, arbitrary: inputs.map((one) => (door: WiredDoor) => door.input(one.input, one.active)) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(null, 'welded', 'silent')
        .map((fault) => (door: WiredDoor) => door.output(fault === 'silent', fault)),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('open', 'lost', 'babbling').map((state) => (door: WiredDoor) => door.reader(state)),
    },
    { weight: 1, arbitrary: fc.constant((door: WiredDoor) => door.badge('r-front')) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 90_000 }).map((ms) => (door: WiredDoor) => door.pass(ms)) },
  );
  let told = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), async (steps) => {
      const door = await wiredDoor();
      const [startMs, on] = [door.nowMs, new Map<string, number>()];
      const standing = new Set<string>();
      for (const act of steps) {
        await act(door);
        for (const fact of door.alarmsTold()) {
          const [, , alarm = '', isOn] = fact.split(' ');
          told += 1;
          if (standing.has(alarm) === (isOn === 'true')) throw new Error(`${fact} came twice in a row`);
          if (isOn === 'true') standing.add(alarm);
          else standing.delete(alarm);
          if (isOn === 'true') on.set(alarm, (on.get(alarm) ?? 0) + 1);
        }
      }
      const most = Math.floor((door.nowMs - startMs) / ALARM_STEP_MS) + 1;
      for (const [alarm, times] of on) if (times > most) throw new Error(`${alarm} came ${times} times`);
      const rows = door.state.scan('door', 'alarm/', null, 100).rows.map(({ key }) => key.split('/')[2] ?? '');
      if (rows.sort().join() !== [...standing].sort().join()) throw new Error('the state says otherwise');
      await door.input('button', false);
      await door.pass(5_000);
      door.acts();
      await door.input('button', true);
      if (door.acts()[0] !== 'pulse o-front') throw new Error('a pressed button does not open');
    }),
    { numRuns: 100 },
  );
  t.ok(told > 100, `${told} alarms were told`);
});
