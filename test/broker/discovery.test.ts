import t, { type Test } from 'tap';
import { isJsonObject, type JsonObject } from '../../src/base/json.ts';
import { discoveryOf, undiscoveryOf } from '../../src/broker/discovery.ts';
import { nonceTag, readCommand } from '../../src/broker/door-command.ts';
import { Jinja } from './jinja.ts';

/**
 * The fields that Home Assistant documents (home-assistant.io: "MQTT", "Device discovery payload"; "MQTT Lock"; "MQTT
 * binary sensor"; "MQTT Event"). What is not in these tables is refused there or passed over in silence.
 */
const SHARED = ['availability', 'availability_mode', 'command_topic', 'encoding', 'qos', 'state_topic'];
const DEVICE = ['device', 'origin', 'components', ...SHARED];
const DEVICE_INFO = ['configuration_url', 'connections', 'hw_version', 'identifiers', 'manufacturer', 'model'].concat([
  ...['model_id', 'name', 'serial_number', 'suggested_area', 'sw_version', 'via_device'],
]);
const ORIGIN = ['name', 'support_url', 'sw_version'];
const AVAILABILITY = ['payload_available', 'payload_not_available', 'topic', 'value_template'];
const ENTITY = [
  ...['platform', 'availability', 'availability_mode', 'enabled_by_default', 'encoding', 'entity_category', 'icon'],
  ...['json_attributes_template', 'json_attributes_topic', 'name', 'qos', 'state_topic', 'unique_id', 'value_template'],
];
const PLATFORMS: Readonly<Record<string, readonly string[]>> = {
  lock: [
    ...['code_format', 'command_template', 'command_topic', 'optimistic', 'payload_lock', 'payload_open'],
    ...['payload_reset', 'payload_unlock', 'retain', 'state_jammed', 'state_locked', 'state_locking', 'state_open'],
    ...['state_opening', 'state_unlocked', 'state_unlocking'],
  ],
  binary_sensor: ['device_class', 'expire_after', 'force_update', 'off_delay', 'payload_off', 'payload_on'],
  event: ['device_class', 'event_types'],
};
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  lock: ['command_topic', 'unique_id'],
  binary_sensor: ['state_topic', 'unique_id'],
  event: ['state_topic', 'event_types', 'unique_id'],
};
const DEVICE_CLASSES: Readonly<Record<string, readonly string[]>> = {
  binary_sensor: ['door', 'problem', 'tamper', 'lock'],
  event: ['button', 'doorbell', 'motion'],
};

const MESH = 'bafyreigood';
const CONTEXT = { base: 'blockmesh', mesh: 'a1b2c3d4', spaceName: 'Makerspace "Nord"', version: '0.1.0' };
const TAG = nonceTag(MESH, 'front-door');
const DOOR = { door: 'front-door', title: 'Front "door"', hasContact: true, hasBell: true, nonceTag: TAG };

function only(test: Test, value: unknown, allowed: readonly string[], what: string): JsonObject {
  if (!isJsonObject(value)) throw new TypeError(`${what} is no object`);
  test.strictSame(
    Object.keys(value).filter((key) => !allowed.includes(key)),
    [],
    `${what} has only documented fields`,
  );
  return value;
}

t.test('a discovery message has the fields that Home Assistant documents, and no others', async (test) => {
  for (const [hasContact, hasBell] of [
    [true, true],
    [false, false],
  ] as const) {
    const { topic, payload } = discoveryOf({ ...DOOR, hasContact, hasBell }, CONTEXT);
    test.match(topic, /^homeassistant\/device\/[a-zA-Z0-9_-]+\/config$/, 'object ids have letters, digits, _ and -');
    const message = only(test, JSON.parse(payload), DEVICE, 'the message');
    const device = only(test, message.device, DEVICE_INFO, 'device');
    test.ok(Array.isArray(device.identifiers) && device.identifiers.length > 0, 'a device can be told from others');
    test.type(only(test, message.origin, ORIGIN, 'origin').name, 'string');
    for (const one of message.availability as readonly JsonObject[]) only(test, one, AVAILABILITY, 'availability');
    test.equal(message.availability_mode, 'all');
    const seen = new Set<unknown>();
    for (const [name, value] of Object.entries(message.components as JsonObject)) {
      const platform = String((value as JsonObject).platform);
      const component = only(test, value, [...ENTITY, ...(PLATFORMS[platform] ?? [])], name);
      for (const field of REQUIRED[platform] ?? ['a known platform'])
        test.ok(field in component, `${name} has ${field}`);
      if ('device_class' in component) {
        test.ok(DEVICE_CLASSES[platform]?.includes(String(component.device_class)), `${name}'s device class is known`);
      }
      test.notOk(seen.has(component.unique_id), 'ids are unique');
      seen.add(component.unique_id);
    }
    test.equal(seen.size, hasBell ? 4 : 2);
  }
});

t.test('what is taken away is an empty message at the same place', async (test) => {
  test.strictSame(undiscoveryOf('front-door', CONTEXT), { topic: discoveryOf(DOOR, CONTEXT).topic, payload: '' });
});

t.test('Home Assistant reads our messages with its own templates', async (test) => {
  const jinja = new Jinja();
  test.teardown(() => jinja.stop());
  const message = JSON.parse(discoveryOf(DOOR, CONTEXT).payload) as JsonObject;
  const components = message.components as Readonly<Record<string, Readonly<Record<string, string>>>>;
  const read = (name: string, payload: unknown) =>
    jinja.render(components[name]?.value_template ?? '', { payload: JSON.stringify(payload) });
  const state = (value: string, more: JsonObject = {}) => ({ state: value, contact: null, alarms: [], ...more });

  const { lock } = components;
  for (const value of ['locked', 'unlocked', 'jammed']) {
    test.equal(await read('lock', state(value)), lock?.[`state_${value}`], `a lock shows ${value}`);
  }
  const [bridge, own] = message.availability as readonly JsonObject[];
  test.equal(await jinja.render(String(bridge?.value_template), { payload: '{"state":"offline"}' }), 'offline');
  test.equal(await jinja.render(String(bridge?.value_template), { payload: '{"state":"online"}' }), 'online');
  test.strictSame(own, { topic: 'blockmesh/front-door/availability' }, 'plain online and offline, the defaults');

  test.equal(await read('contact', state('locked', { contact: 'open' })), 'ON');
  test.equal(await read('contact', state('locked', { contact: 'closed' })), 'OFF');
  test.equal(await read('contact', state('locked')), 'None', 'unknown, as Home Assistant writes it');
  test.equal(await read('alarm', state('locked')), 'OFF');
  test.equal(await read('alarm', state('locked', { alarms: ['forced_open'] })), 'ON');
  const press = JSON.parse(await read('bell', { type: 'bell', door: 'front-door' })) as JsonObject;
  test.strictSame(press, { event_type: 'press' });
  test.equal(await read('bell', { type: 'bell', door: 'back-door' }), '', 'the bell of another door');
  test.equal(await read('bell', { type: 'granted', door: 'front-door' }), '', 'no bell');
});

t.test('what Home Assistant sends is a command that a door takes, and never the same one twice', async (test) => {
  const jinja = new Jinja();
  test.teardown(() => jinja.stop());
  const { components } = JSON.parse(discoveryOf(DOOR, CONTEXT).payload) as {
    readonly components: { readonly lock: Readonly<Record<string, string>> };
  };
  const { lock } = components;
  const nonces = new Set<string>();
  const actions = { payload_lock: 'lock', payload_unlock: 'open', payload_open: 'open' };
  for (const [field, action] of Object.entries(actions)) {
    const text = await jinja.render(lock.command_template ?? '', { value: lock[field] ?? '' });
    const now = { wallMs: Date.now(), quality: 'synced' } as const;
    const command = readCommand({ payload: Buffer.from(text), isRetained: false }, { tag: TAG, now });
    test.equal(command.action, action);
    nonces.add(command.nonce);
  }
  test.equal(nonces.size, 3);
});
