import fc from 'fast-check';
import t from 'tap';
import type { Driver } from '../../src/broker/devices.ts';
import { type Connected, mayPublish, mayReceive, maySubscribe } from '../../src/broker/rules.ts';
import { SubscriptionIndex } from '../../src/broker/subscription-index.ts';
import { covers, filterMatches } from '../../src/broker/topics.ts';

const CONTEXT = { base: 'blockmesh', isOurs: (name: string) => name === 'front-door' };
const SECRET = { salt: '', hash: '' };

function connected(name: string, driver: Driver, topic: string, isPrivate = true): Connected {
  return { name, device: { driver, topic, plain: !isPrivate, secret: SECRET }, isPrivate };
}

t.test('who may say and hear what', async (t) => {
  const cases: readonly (readonly [who: Connected, both: readonly string[], none: readonly string[]])[] = [
    [
      connected('lamp', 'generic', 'lamp'),
      ['blockmesh/lamp', 'blockmesh/lamp/availability', 'blockmesh/lamp/a/b/c'],
      ['blockmesh/lamps', 'blockmesh', 'blockmesh/fan', 'lamp', 'blockmesh/bridge/state', '$SYS/x', 'homeassistant/x'],
    ],
    [connected('front-door', 'generic', 'x'), [], ['blockmesh/front-door', 'blockmesh/front-door/set', 'x']],
    [connected('bridge', 'generic', 'bridge'), [], ['blockmesh/bridge/response/x', 'blockmesh/bridge']],
    [connected('shop', 'esp-rfid', 'rfid/shop'), ['rfid/shop', 'rfid/shop/send'], ['rfid', 'rfid/x', 'blockmesh/shop']],
    [
      connected('bulb', 'tasmota', 'bulb_1'),
      ['tele/bulb_1/SENSOR', 'stat/bulb_1/RESULT'],
      ['tele/bulb_2/SENSOR', 'tasmota/discovery/x', 'bulb_1/x', 'cmnd/tasmotas/POWER'],
    ],
    [connected('heat', 'esphome', 'heat'), ['heat/sensor/t/state'], ['homeassistant/sensor/heat/config', 'heat2/x']],
    [connected('odd', 'esphome', 'blockmesh'), [], ['blockmesh/front-door', 'blockmesh/x']],
    [connected('odd', 'esp-rfid', 'homeassistant'), [], ['homeassistant/status']],
    [connected('relay', 'shelly', 'shelly1-A'), ['shellies/shelly1-A/relay/0'], ['shellies/shelly1-B/x', 'shellies']],
  ];
  for (const [who, both, none] of cases) {
    for (const topic of both) {
      t.ok(mayPublish(who, topic, CONTEXT), `${who.name} says ${topic}`);
      t.ok(maySubscribe(who, topic, CONTEXT) && mayReceive(who, topic, CONTEXT), `${who.name} hears ${topic}`);
    }
    for (const topic of none) {
      t.notOk(mayPublish(who, topic, CONTEXT), `${who.name} does not say ${topic}`);
      t.notOk(maySubscribe(who, topic, CONTEXT) || mayReceive(who, topic, CONTEXT), `nor hear ${topic}`);
    }
    for (const filter of ['#', '+/+', '+/#', '$SYS/#', 'blockmesh/+', 'blockmesh/#']) {
      t.notOk(maySubscribe(who, filter, CONTEXT), `${who.name} does not hear ${filter}`);
    }
  }
});

t.test('a device hears its commands and gives none, to itself neither', async (t) => {
  const cases: readonly (readonly [who: Connected, commands: readonly string[]])[] = [
    [connected('lamp', 'generic', 'lamp'), ['blockmesh/lamp/set', 'blockmesh/lamp/get']],
    [connected('shop', 'esp-rfid', 'rfid/shop'), ['rfid/shop/cmd']],
    [connected('bulb', 'tasmota', 'bulb_1'), ['cmnd/bulb_1/POWER', 'cmnd/bulb_1/Backlog']],
    [connected('heat', 'esphome', 'heat'), ['heat/switch/lock/command']],
    [connected('relay', 'shelly', 's1'), ['shellies/s1/command', 'shellies/s1/relay/0/command']],
  ];
  for (const [who, commands] of cases) {
    for (const topic of commands) {
      t.notOk(mayPublish(who, topic, CONTEXT), `${who.name} does not say ${topic}`);
      t.ok(maySubscribe(who, topic, CONTEXT) && mayReceive(who, topic, CONTEXT), `${who.name} hears ${topic}`);
    }
  }
});

t.test('Home Assistant hears all of ours, and says only what it may', async (t) => {
  const home = connected('home', 'homeassistant', 'home');
  for (const filter of ['blockmesh/#', 'blockmesh/+/availability', 'homeassistant/#', 'homeassistant/+/+/config']) {
    t.ok(maySubscribe(home, filter, CONTEXT), filter);
  }
  for (const filter of ['#', 'rfid/#', 'tele/+/STATE', '+/lamp']) t.notOk(maySubscribe(home, filter, CONTEXT), filter);
  for (const topic of [
    'homeassistant/status',
    'blockmesh/bridge/request/info',
    'blockmesh/front-door/set',
    'blockmesh/lamp/get',
  ]) {
    t.ok(mayPublish(home, topic, CONTEXT), topic);
  }
  for (const topic of [
    'blockmesh/front-door',
    'blockmesh/a/b/set',
    'blockmesh/bridge/state',
    'homeassistant/lock/x/config',
  ]) {
    t.notOk(mayPublish(home, topic, CONTEXT), topic);
  }
  const plain = connected('home', 'homeassistant', 'home', false);
  t.notOk(mayPublish(plain, 'blockmesh/front-door/set', CONTEXT), 'no command over a line that others read');
  t.ok(mayPublish(plain, 'homeassistant/status', CONTEXT));
});

t.test('topics too long, too deep, or with control characters are nobody’s', async (t) => {
  const lamp = connected('lamp', 'generic', 'lamp');
  for (const rest of ['x'.repeat(257), Array.from({ length: 15 }, () => 'a').join('/'), 'a\u0007', 'a\u0000b']) {
    t.notOk(mayPublish(lamp, `blockmesh/lamp/${rest}`, CONTEXT), JSON.stringify(rest).slice(0, 40));
    t.notOk(maySubscribe(lamp, `blockmesh/lamp/${rest}`, CONTEXT));
  }
});

const level = fc.constantFrom('a', 'b', '', '$x');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 0, maxLength: 4 }), fc.boolean())
  .filter(([levels, isOpen]) => levels.length > 0 || isOpen)
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'));

/** Clause 4.7 of MQTT 3.1.1 as a regular expression. */
function expressionOf(text: string): RegExp {
  const levels = text.split('/');
  const isOpen = levels.at(-1) === '#';
  const parts = (isOpen ? levels.slice(0, -1) : levels).map((one) =>
    one === '+' ? '[^/]*' : one.replaceAll('$', '\\$'),
  );
  if (isOpen && parts.length === 0) return /^.*$/;
  return new RegExp(`^${parts.join('/')}${isOpen ? '(/.*)?' : ''}$`);
}

t.test('a filter picks what MQTT says it picks, and one that covers another picks all of its topics', async (t) => {
  fc.assert(
    fc.property(filter, filter, topic, (wider, narrower, name) => {
      const isHidden = name.startsWith('$') && /^[+#]/.test(wider);
      t.equal(filterMatches(wider, name), !isHidden && expressionOf(wider).test(name), `${wider} ${name}`);
      if (covers(wider, narrower) && expressionOf(narrower).test(name)) {
        t.ok(expressionOf(wider).test(name), `${wider} covers ${narrower}: ${name}`);
      }
    }),
    { numRuns: 2_000 },
  );
});

t.test('the index finds what the filters pick, whatever came and went', async (t) => {
  const step = fc.record({ client: fc.constantFrom('x', 'y'), topic: filter, qos: fc.constantFrom(-1, 0, 1) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), topic, (steps, name) => {
      const index = new SubscriptionIndex();
      const model = new Map<string, number>();
      for (const { client, topic: one, qos } of steps) {
        if (qos < 0) index.delete(client, one);
        else index.set(client, { topic: one, qos });
        if (qos < 0) model.delete(`${client} ${one}`);
        else model.set(`${client} ${one}`, qos);
      }
      const wanted = [...model]
        .filter(([key, qos]) => qos > 0 && filterMatches(key.slice(2), name))
        .map(([key]) => key);
      const found = index.matching(name).map(({ clientId, topic: one }) => `${clientId} ${one}`);
      t.strictSame(found.sort(), wanted.sort());
      t.equal(index.queued, [...model.values()].filter((qos) => qos > 0).length);
    }),
    { numRuns: 1_000 },
  );
});
