import { type MqttOutput, OTHER, type OutputOrder, refused } from './message.ts';
import { availabilityOf, stateOf, textOf, wordOf } from './payload.ts';

/**
 * The relay of a Shelly of the first generation (https://shelly-api-docs.shelly.cloud/gen1/#shelly1-1pm-mqtt); `relay`
 * counts from 0. By MQTT it takes `on` and `off` and no time: a pulse needs its `off`, or `auto_off` in the device.
 * `overpower` is a relay that was switched off by the device itself.
 */
export function shellyOutput(id: string, relay: number): MqttOutput {
  const own = `shellies/${id}/relay/${relay}`;
  return {
    plan({ type }: OutputOrder) {
      return { order: { topic: `${own}/command`, payload: type === 'off' ? 'off' : 'on' }, endsItself: false };
    },
    hear({ topic, payload }) {
      if (topic === `shellies/${id}/online`) return wordOf(payload, ['true', 'false'], availabilityOf);
      if (topic !== own) return OTHER;
      const read = textOf(payload);
      if (typeof read === 'string') return refused(read);
      return read.text === 'overpower' ? stateOf(false) : wordOf(payload, ['on', 'off'], stateOf);
    },
  };
}
