import { toHex } from '../../base/bytes.ts';
import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { SCAN_ROWS_MAX } from '../../base/limits.ts';
import type { Randomness } from '../../base/ports.ts';
import { type Driver, hashPassword } from '../../broker/devices.ts';
import { idText } from '../../format/ids.ts';
import { MESH, MQTT_PREFIX, mqttKey } from '../../ledger/mesh/keys.ts';
import { caCertificate } from '../broker/certificates.ts';
import type { Space } from '../space.ts';
import type { OperationContext, Operations } from './operation.ts';
import { badParams, textOf } from './params.ts';

/** Devices that speak MQTT: what a person orders about them. */
export const DEVICE_OPERATIONS: Operations = Object.freeze({
  'device.add': addDevice,
  'device.list': listDevices,
  'device.rotate': rotateDevice,
  'device.remove': removeDevice,
  'device.ca': showCa,
});

const SALT_BYTES = 16;
/** 160 bits; no slow hash is needed to keep what nobody can guess. */
const PASSWORD_BYTES = 20;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';
const LETTER_BITS = 5;

/** What to do when the ledger refuses an order about a device. */
const ADVICE: Readonly<Record<string, string>> = {
  mqtt_device_exists: 'Take another name; `blockmesh device rotate` gives a device a new password.',
  mqtt_topic_taken: 'Name the topic that is set in the device itself with --topic; each has its own.',
  mqtt_topic_reserved: 'Set another topic in the device, and name it with --topic.',
  no_such_mqtt_device: '`blockmesh device list` shows those there are.',
};

/** Drivers whose topics follow from the device's name. */
const NAMED_TOPICS: readonly string[] = ['generic', 'homeassistant'] satisfies readonly Driver[];

/** `{device, driver, topic?, plain?}`; the topic is the device's name where it is absent. The password goes no further. */
async function addDevice({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const device = textOf(params, 'device');
  const { topic = device, plain = false } = params;
  await space.fold.settled();
  if (space.state.read('door', `door/${device}`) !== null) {
    throw new CodedError('device_is_door', `${device} is the name of a door`, {
      fields: { device },
      advice: 'Give the device another name.',
    });
  }
  const driver = textOf(params, 'driver');
  if (topic !== device && NAMED_TOPICS.includes(driver)) {
    throw new CodedError('topic_fixed', `a ${driver} device has no topic of its own choice`, {
      fields: { device, driver },
      advice: 'Leave out --topic, or name the --driver that the topic is for.',
    });
  }
  const about = { device, driver, topic, plain };
  const { password, secret } = newSecret(randomness);
  const block = await order(space, 'mqtt.add', { ...about, secret });
  return { ...about, password, block };
}

async function rotateDevice({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const device = textOf(params, 'device');
  const { password, secret } = newSecret(randomness);
  const block = await order(space, 'mqtt.rotate', { device, secret });
  const { driver = null, topic = null } = recordOf(space, device);
  return { device, driver, topic, password, block };
}

async function removeDevice({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const device = textOf(params, 'device');
  return { device, block: await order(space, 'mqtt.remove', { device }) };
}

/** @returns the block it stands in. */
async function order(space: Space, kind: string, body: JsonObject): Promise<string> {
  try {
    const { block } = await space.command(MESH, kind, body);
    return idText(block);
  } catch (error) {
    const advice = error instanceof CodedError ? ADVICE[error.code] : undefined;
    if (!(error instanceof CodedError) || advice === undefined) throw error;
    throw new CodedError(error.code, error.message, { fields: error.fields, advice });
  }
}

/** A page of `{devices, more}` after `after`, without what their passwords are known by. */
async function listDevices({ space }: OperationContext, { after = null }: JsonObject): Promise<Json> {
  if (after !== null && typeof after !== 'string') throw badParams('after', 'a name');
  await space.fold.settled();
  const page = space.state.scan(MESH, MQTT_PREFIX, after === null ? null : mqttKey(after), SCAN_ROWS_MAX);
  const devices = page.rows.map(({ key, value }) => {
    const { secret: _, ...rest } = isJsonObject(value) ? value : {};
    return { device: key.slice(MQTT_PREFIX.length), ...rest };
  });
  return { devices, more: page.more };
}

async function showCa({ space }: OperationContext): Promise<Json> {
  const certificate = caCertificate(space.folder);
  if (certificate !== null) return { certificate };
  throw new CodedError('ca_missing', 'this board has no CA for MQTT yet', {
    advice: 'Start the node once, with [broker] enabled: it makes one.',
  });
}

function recordOf(space: Space, device: string): JsonObject {
  const record = space.state.read(MESH, mqttKey(device));
  return isJsonObject(record) ? record : {};
}

function newSecret(randomness: Randomness): { readonly password: string; readonly secret: JsonObject } {
  const password = lettersOf(randomness.bytes(PASSWORD_BYTES));
  const salt = toHex(randomness.bytes(SALT_BYTES));
  return { password, secret: { salt, hash: hashPassword(salt, password) } };
}

/** Base32 in small letters: nothing in it means something to a shell, a URL or a form. */
function lettersOf(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(new RegExp(`.{${LETTER_BITS}}`, 'g')) ?? [];
  return groups.map((group) => LETTERS[Number.parseInt(group, 2)]).join('');
}
