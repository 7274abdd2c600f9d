import { type MqttHeard, type MqttMessage, type MqttOutput, OTHER, type OutputOrder, refused } from './message.ts';
import { availabilityOf, stateOf, textOf, wordOf } from './payload.ts';
import { badgeOf, type UidFamily } from './uid.ts';

/*
 * ESPHome's MQTT client (https://esphome.io/components/mqtt.html): PREFIX/status is birth and last will, and a switch
 * has PREFIX/switch/NAME/state and /command. A reader publishes where its owner says, such as
 * `on_tag: - mqtt.publish: {topic: tag_scanned, payload: !lambda 'return x;'}` with UIDs like `74-10-37-94`.
 */

/** What a message at the configured `topic` says: its payload is the UID and nothing else. */
export function hearReader(topic: string, family: UidFamily, message: MqttMessage): MqttHeard {
  if (message.topic !== topic) return OTHER;
  const read = textOf(message.payload);
  return typeof read === 'string' ? refused(read) : badgeOf(read.text, family, message);
}

/** The switch `name` of the device whose topics begin with `prefix`. */
export function esphomeOutput(prefix: string, name: string): MqttOutput {
  return {
    plan({ type }: OutputOrder) {
      const payload = type === 'off' ? 'OFF' : 'ON';
      return { order: { topic: `${prefix}/switch/${name}/command`, payload }, endsItself: false };
    },
    hear({ topic, payload }) {
      if (topic === `${prefix}/status`) return wordOf(payload, ['online', 'offline'], availabilityOf);
      return topic === `${prefix}/switch/${name}/state` ? wordOf(payload, ['ON', 'OFF'], stateOf) : OTHER;
    },
  };
}
