import { CodedError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import { type MqttHeard, type MqttMessage, type MqttOutput, OTHER, type OutputOrder, refused } from './message.ts';
import { availabilityOf, objectOf, stateOf, wordOf } from './payload.ts';
import { badgeOf } from './uid.ts';

/*
 * Tasmota (https://tasmota.github.io/docs/MQTT/ and Commands/), with its default full topic %prefix%/%topic%/; what
 * readers send is in its sources, tasmota_xsns_sensor/xsns_51_rdm6300.ino and xsns_40_pn532.ino.
 */

/** What a message of the device `topic` says: the card that its RDM6300 or PN532 reads, or whether it is there. */
export function hearReader(topic: string, message: MqttMessage): MqttHeard {
  if (message.topic === `tele/${topic}/LWT`) return wordOf(message.payload, ['Online', 'Offline'], availabilityOf);
  if (message.topic !== `tele/${topic}/SENSOR`) return OTHER;
  const read = objectOf(message.payload);
  if (typeof read === 'string') return refused(read);
  const { RDM6300: low, PN532: high } = read.object;
  if (low !== undefined && high !== undefined) return refused('bad_uid');
  if (low !== undefined) return badgeOf(isJsonObject(low) ? low.UID : low, 'em4100', message);
  return high === undefined ? OTHER : badgeOf(isJsonObject(high) ? high.UID : high, 'iso14443a', message);
}

/** Up to here a pulse has tenths of a second, above whole seconds. */
const TENTHS_MAX = 111;
const PULSE_TIME_MAX = 64_900;
/** How far PulseTime counts seconds off, so that 112 is 12 s. */
const SECONDS_OFFSET = 100;

/**
 * What `PulseTime` takes for `ms`, rounded down to what it can tell, so that nothing stays on longer than was asked:
 * 1 to 111 are tenths of a second, 112 to 64900 are seconds and 100.
 * @throws order_over_long above 64800 s.
 */
function pulseTimeOf(ms: number): number {
  const tenths = Math.max(1, Math.floor(ms / 100));
  if (tenths < (TENTHS_MAX - SECONDS_OFFSET + 1) * 10) return Math.min(tenths, TENTHS_MAX);
  const value = Math.floor(ms / 1000) + SECONDS_OFFSET;
  if (value <= PULSE_TIME_MAX) return value;
  throw new CodedError('order_over_long', `a pulse of ${ms} ms is longer than Tasmota can count`, {
    fields: { ms, longestMs: (PULSE_TIME_MAX - SECONDS_OFFSET) * 1000 },
    advice: 'Make the door open for a shorter time.',
  });
}

/**
 * The relay of the device `topic`; `relay` counts from 1. PulseTime and Power go in one Backlog, so that no pulse begins
 * without its end; and as the device remembers PulseTime, `on` takes it back in the same way.
 */
export function tasmotaOutput(topic: string, relay: number): MqttOutput {
  // A device with one relay leaves its number out.
  const names = relay === 1 ? ['POWER', 'POWER1'] : [`POWER${relay}`];
  return {
    plan(order: OutputOrder) {
      const prefix = `cmnd/${topic}`;
      if (order.type === 'off') {
        return { order: { topic: `${prefix}/POWER${relay}`, payload: 'OFF' }, endsItself: false };
      }
      const pulseTime = order.type === 'pulse' ? pulseTimeOf(order.ms) : 0;
      const payload = `PulseTime${relay} ${pulseTime}; Power${relay} ON`;
      return { order: { topic: `${prefix}/Backlog`, payload }, endsItself: order.type === 'pulse' };
    },
    hear({ topic: heard, payload }) {
      if (heard === `tele/${topic}/LWT`) return wordOf(payload, ['Online', 'Offline'], availabilityOf);
      if (names.some((name) => heard === `stat/${topic}/${name}`)) return wordOf(payload, ['ON', 'OFF'], stateOf);
      if (heard !== `stat/${topic}/RESULT` && heard !== `tele/${topic}/STATE`) return OTHER;
      const read = objectOf(payload);
      if (typeof read === 'string') return refused(read);
      const states = names.map((name) => read.object[name]).filter((state) => state !== undefined);
      if (states.length === 0) return OTHER;
      const [state] = states;
      return state === 'ON' || state === 'OFF' ? stateOf(state === 'ON') : refused('bad_state');
    },
  };
}
