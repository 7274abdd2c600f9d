import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { MQTT_DEVICES_MAX, SCAN_ROWS_MAX } from '../../base/limits.ts';

import { Fields } from '../../format/fields.ts';
import { type EntryCall, type Outcome, refused } from '../outcome.ts';
import type { StateReader } from '../state.ts';
import { MESH, MQTT_PREFIX, mqttKey } from './keys.ts';

/** Devices that speak MQTT: who they are, where their topics are, and by which password they are known. */

const DRIVERS = ['esp-rfid', 'tasmota', 'esphome', 'shelly', 'homeassistant', 'generic'] as const;
const DEVICE = /^[a-z0-9][a-z0-9-]{0,31}$/;
const DEVICE_FORM = '1 to 32 small letters, digits or dashes, no dash first';
/** No wildcard, no `$`, no empty level: 128 bytes at most. */
const TOPIC = /^[A-Za-z0-9_.-]{1,64}(\/[A-Za-z0-9_.-]{1,64}){0,7}$/;
const TOPIC_FORM = 'up to 8 levels of letters, digits, dots, dashes and underscores, with slashes between them';
const TOPIC_CHARS_MAX = 128;
const SALT = /^[0-9a-f]{32}$/;
const HASH = /^[0-9a-f]{64}$/;
/** What others speak under; the broker's own base besides, which is configuration and its rules' business. */
const RESERVED_ROOTS = ['homeassistant', 'shellies', 'tele', 'stat', 'cmnd', 'tasmota', 'blockmesh'];
/** Names under the broker's base that are its own. */
const RESERVED_DEVICES = ['bridge'];

export function applyMqttAdd(call: EntryCall, fields: Fields, state: StateReader): Outcome {
  const device = deviceOf(fields);
  const driver = fields.choice('driver', DRIVERS);
  const topic = fields.text('topic', TOPIC, TOPIC_FORM);
  const plain = fields.raw('plain');
  if (typeof plain !== 'boolean') fields.refuse('plain', 'true or false');
  const secret = secretOf(fields);
  fields.end();
  if (topic.length > TOPIC_CHARS_MAX) fields.refuse('topic', `at most ${TOPIC_CHARS_MAX} characters`);
  if (RESERVED_DEVICES.includes(device))
    return refused('mqtt_name_reserved', `${device} is a name of the broker's own`);
  if (state.read(MESH, mqttKey(device)) !== null) return refused('mqtt_device_exists', `there is a device ${device}`);
  const space = spaceOf(driver);
  if (space === 'any' && RESERVED_ROOTS.includes(topic.split('/')[0] ?? '')) {
    return refused('mqtt_topic_reserved', `topics of ${driver} cannot be under ${topic.split('/')[0]}/`);
  }
  const others = devicesIn(state);
  if (others.length >= MQTT_DEVICES_MAX) return refused('mqtt_devices_full', `at most ${MQTT_DEVICES_MAX} devices`);
  const other = others.find((one) => spaceOf(one.driver) === space && overlap(one.topic, topic));
  if (space !== 'own' && other !== undefined) {
    return refused(
      'mqtt_topic_taken',
      `the topics of ${other.device} (${other.topic}) are the same or lie around them`,
    );
  }
  const value = { driver, topic, plain, secret, since: call.at.wallMs };
  return { ok: true, writes: [{ key: mqttKey(device), value }] };
}

export function applyMqttRotate(fields: Fields, state: StateReader): Outcome {
  const device = deviceOf(fields);
  const secret = secretOf(fields);
  fields.end();
  const before = state.read(MESH, mqttKey(device));
  if (!isJsonObject(before)) return unknown(device);
  return { ok: true, writes: [{ key: mqttKey(device), value: { ...before, secret } }] };
}

export function applyMqttRemove(fields: Fields, state: StateReader): Outcome {
  const device = deviceOf(fields);
  fields.end();
  if (state.read(MESH, mqttKey(device)) === null) return unknown(device);
  return { ok: true, writes: [{ key: mqttKey(device), value: null }] };
}

function deviceOf(fields: Fields): string {
  return fields.text('device', DEVICE, DEVICE_FORM);
}

function secretOf(fields: Fields): JsonObject {
  const secret = new Fields(fields.raw('secret'), 'body_invalid', 'secret');
  const salt = secret.text('salt', SALT, '16 bytes in hex');
  const hash = secret.text('hash', HASH, 'a SHA-256 in hex');
  secret.end();
  return { salt, hash };
}

function unknown(device: string): Outcome {
  return refused('no_such_mqtt_device', `there is no device ${device}`);
}

interface Row {
  readonly device: string;
  readonly driver: string;
  readonly topic: string;
}

function devicesIn(state: StateReader): readonly Row[] {
  const rows: Row[] = [];
  for (let after: string | null = null; ; ) {
    const page = state.scan(MESH, MQTT_PREFIX, after, SCAN_ROWS_MAX);
    for (const { key, value } of page.rows) {
      if (!isJsonObject(value)) continue;
      rows.push({ device: key.slice(MQTT_PREFIX.length), driver: String(value.driver), topic: String(value.topic) });
    }
    after = page.rows.at(-1)?.key ?? null;
    if (!page.more || after === null) return rows;
  }
}

/** Devices of one space of topics must not lie in each other's; `own`: the topics are the device's name. */
function spaceOf(driver: string): string {
  if (driver === 'generic' || driver === 'homeassistant') return 'own';
  return driver === 'tasmota' || driver === 'shelly' ? driver : 'any';
}

function overlap(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}
