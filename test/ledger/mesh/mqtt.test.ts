import t from 'tap';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { MQTT_DEVICES_MAX } from '../../../src/base/limits.ts';
import { applyMesh } from '../../../src/ledger/mesh/apply.ts';
import { EMPTY_STATE, StateOverlay } from '../../../src/ledger/overlay.ts';

const SECRET = { salt: 'ab'.repeat(16), hash: 'cd'.repeat(32) };
const SINCE = 1_700_000_000_000;

function play(state: StateOverlay, kind: string, body: Json, roles: readonly string[] = ['admin']): string {
  const author = { key: 'f0'.repeat(32), principal: 'founder', node: null };
  const at = { wallMs: SINCE, quality: 'synced' } as const;
  const call = { dapp: 'mesh', ver: '0.1.0', kind, re: null, body, block: 'b', index: 0, author, roles, at };
  const outcome = applyMesh(call, state);
  if (outcome.ok) state.apply('mesh', outcome.writes);
  return outcome.ok ? 'ok' : outcome.code;
}

function device(name: string, more: JsonObject = {}): JsonObject {
  return { device: name, driver: 'generic', topic: name, plain: false, secret: SECRET, ...more };
}

t.test('a device is added, gets another password, and goes', async (t) => {
  const state = new StateOverlay(EMPTY_STATE);
  t.equal(play(state, 'mqtt.add', device('lamp'), []), 'not_allowed');
  t.equal(play(state, 'mqtt.add', device('lamp')), 'ok');
  t.strictSame(state.read('mesh', 'mqtt/lamp'), {
    ...{ driver: 'generic', topic: 'lamp', plain: false },
    ...{ secret: SECRET, since: SINCE },
  });
  t.equal(play(state, 'mqtt.add', device('lamp')), 'mqtt_device_exists');
  const secret = { ...SECRET, hash: 'ef'.repeat(32) };
  t.equal(play(state, 'mqtt.rotate', { device: 'lamp', secret }, ['member']), 'not_allowed');
  t.equal(play(state, 'mqtt.rotate', { device: 'lamp', secret }), 'ok');
  t.match(state.read('mesh', 'mqtt/lamp'), { topic: 'lamp', secret, since: SINCE });
  t.equal(play(state, 'mqtt.rotate', { device: 'fan', secret }), 'no_such_mqtt_device');
  t.equal(play(state, 'mqtt.remove', { device: 'lamp' }, ['node']), 'not_allowed');
  t.equal(play(state, 'mqtt.remove', { device: 'lamp' }), 'ok');
  t.equal(state.read('mesh', 'mqtt/lamp'), null);
  t.equal(play(state, 'mqtt.remove', { device: 'lamp' }), 'no_such_mqtt_device');
});

t.test('a body that is not as it must be is refused', async (t) => {
  const cases: readonly JsonObject[] = [
    device('Lamp'),
    device('-lamp'),
    device('a'.repeat(33)),
    device('a:b'),
    device('lamp', { driver: 'other' }),
    device('lamp', { plain: 'yes' }),
    device('lamp', { secret: { ...SECRET, salt: 'ab' } }),
    device('lamp', { secret: { ...SECRET, password: 'x' } }),
    device('lamp', { secret: 'x' }),
    device('lamp', { more: 1 }),
    ...['', '/', 'a/', '/a', 'a//b', 'a/+', '#', '$SYS', 'a b', 'a\u0000', 'x'.repeat(65)].map((topic) =>
      device('lamp', { topic }),
    ),
    device('lamp', { topic: Array.from({ length: 9 }, () => 'a').join('/') }),
    device('lamp', { topic: Array.from({ length: 3 }, () => 'a'.repeat(60)).join('/') }),
  ];
  for (const body of cases) {
    t.equal(play(new StateOverlay(EMPTY_STATE), 'mqtt.add', body), 'body_invalid', JSON.stringify(body).slice(0, 90));
  }
});

t.test('no device gets the topics of another, of Home Assistant or of the broker', async (t) => {
  const state = new StateOverlay(EMPTY_STATE);
  const add = (name: string, driver: string, topic: string) => play(state, 'mqtt.add', device(name, { driver, topic }));
  t.equal(add('bridge', 'generic', 'bridge'), 'mqtt_name_reserved');
  for (const root of ['homeassistant', 'shellies', 'tele', 'stat', 'cmnd', 'tasmota', 'blockmesh']) {
    t.equal(add('x', 'esp-rfid', `${root}/x`), 'mqtt_topic_reserved', root);
    t.equal(add('x', 'esphome', root), 'mqtt_topic_reserved', root);
  }
  t.equal(add('one', 'esp-rfid', 'rfid/shop'), 'ok');
  for (const topic of ['rfid/shop', 'rfid', 'rfid/shop/more']) {
    t.equal(add('two', 'esphome', topic), 'mqtt_topic_taken', topic);
  }
  t.equal(add('two', 'esphome', 'rfid/shopping'), 'ok', 'a level is whole or another');
  t.equal(add('three', 'tasmota', 'rfid/shop'), 'ok', 'under tele/, stat/ and cmnd/');
  t.equal(add('four', 'tasmota', 'rfid'), 'mqtt_topic_taken');
  t.equal(add('five', 'shelly', 'rfid'), 'ok', 'under shellies/');
  t.equal(add('six', 'generic', 'rfid'), 'ok', 'a generic one has its name’s');
  t.equal(add('seven', 'homeassistant', 'rfid'), 'ok');
});

t.test('there are only so many devices', async (t) => {
  const state = new StateOverlay(EMPTY_STATE);
  for (let at = 0; at < MQTT_DEVICES_MAX; at += 1)
    state.apply('mesh', [{ key: `mqtt/d${at}`, value: device(`d${at}`) }]);
  t.equal(play(state, 'mqtt.add', device('lamp')), 'mqtt_devices_full');
  t.equal(play(state, 'mqtt.remove', { device: 'd7' }), 'ok');
  t.equal(play(state, 'mqtt.add', device('lamp')), 'ok');
});
