import { isIPv4 } from 'node:net';
import { CodedError } from '../../base/errors.ts';
import { type MqttHeard, type MqttMessage, type MqttOutput, OTHER, type OutputOrder, refused } from './message.ts';
import { availabilityOf, objectOf, stateOf, wordOf } from './payload.ts';
import { badgeOf, type UidFamily } from './uid.ts';

/*
 * esp-rfid, as its README-ADDON.md and src/mqtt.esp have it (https://github.com/esprfid/esp-rfid). TOPIC is what the
 * device is configured with; with its Home Assistant mode on, cards come at TOPIC/tag without a `type`.
 */

/** What a message of a reader under `topic` says: badges, and by its `boot` and `heartbeat` where the device is. */
export function hearReader(topic: string, family: UidFamily, message: MqttMessage): MqttHeard {
  if (message.topic === `${topic}/avty`) return wordOf(message.payload, ['online', 'offline'], availabilityOf);
  const isTag = message.topic === `${topic}/tag`;
  if (!isTag && message.topic !== `${topic}/send`) return OTHER;
  const read = objectOf(message.payload);
  if (typeof read === 'string') return refused(read);
  const { type, uid, ip, access, username } = read.object;
  if (isTag || type === 'access') {
    // Its own echo of `opendoor`: a blank where a card's UID would be.
    if (username === 'MQTT' && access === 'Always' && uid === ' ') return OTHER;
    return badgeOf(uid, family, message);
  }
  const isAddress = (type === 'boot' || type === 'heartbeat') && typeof ip === 'string' && isIPv4(ip);
  return isAddress ? { type: 'address', address: ip } : OTHER;
}

/**
 * The relay of the device under `topic`. It knows one order, to open for as long as it is configured to, and obeys it
 * when `doorip` is its own address (`hearReader` tells it); in its Home Assistant mode it asks for none.
 * @throws order_unsupported for anything but a pulse.
 */
export function espRfidOutput(topic: string, addressNow: () => string | null): MqttOutput {
  return {
    plan(order: OutputOrder) {
      if (order.type !== 'pulse') {
        throw new CodedError('order_unsupported', `esp-rfid cannot be told to be ${order.type}`, {
          fields: { order: order.type },
          advice: 'It opens for a time of its own; use it for doors that open by a pulse.',
        });
      }
      const address = addressNow();
      const payload = JSON.stringify({ cmd: 'opendoor', ...(address === null ? {} : { doorip: address }) });
      return { order: { topic: `${topic}/cmd`, payload }, endsItself: true };
    },
    hear({ topic: heard, payload }) {
      if (heard === `${topic}/avty`) return wordOf(payload, ['online', 'offline'], availabilityOf);
      const isLock = heard === `${topic}/io/lock` || heard === `${topic}/io/lock0`;
      return isLock ? wordOf(payload, ['UNLOCKED', 'LOCKED'], stateOf) : OTHER;
    },
  };
}
