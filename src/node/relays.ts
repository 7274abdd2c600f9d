import { CodedError } from '../base/errors.ts';
import type { Clock } from '../base/ports.ts';
import type { Device } from '../broker/devices.ts';
import { espRfidOutput, hearReader } from '../devices/mqtt/esp-rfid.ts';
import { esphomeOutput } from '../devices/mqtt/esphome.ts';
import { type MqttOutput, OTHER } from '../devices/mqtt/message.ts';
import { shellyOutput } from '../devices/mqtt/shelly.ts';
import { tasmotaOutput } from '../devices/mqtt/tasmota.ts';
import { type RelayDeclaration, Relays } from '../devices/relays.ts';
import type { Log } from '../sandbox/log.ts';
import type { NodeBroker } from './broker/node-broker.ts';
import type { Config, RelayConfig } from './config.ts';
import { logPulse } from './node-devices.ts';
import type { Wires } from './wires.ts';

interface RelayNeeds {
  readonly config: Pick<Config, 'relay'>;
  readonly broker: Pick<NodeBroker, 'find' | 'links'>;
  readonly wires: Wires;
  readonly clock: Clock;
  readonly log: Log;
  /** A relay came or went. */
  readonly onDrivable: () => void;
}

/** The outputs of this board that are relays of MQTT devices. */
export function relaysOf({ config, broker, wires, clock, log, onDrivable }: RelayNeeds): Relays {
  const declarations = Object.entries(config.relay).map(([name, relay]): RelayDeclaration => {
    const find = () => broker.find(relay.device)?.device ?? null;
    return {
      name,
      longestMs: relay.longest_ms,
      link: broker.links.link(relay.device),
      output: outputOf(name, relay, find),
    };
  });
  return new Relays(declarations, {
    clock,
    onEvent: (event) => {
      wires.heard(event);
      logPulse(event, log);
    },
    onThere: onDrivable,
    onLevel: (output, isOn) => log.info({ output, isOn }, isOn === null ? 'relay gone' : 'relay says how it is'),
  });
}

/** The output as its device is in the ledger at that moment: it may come there after this node has started. */
function outputOf(name: string, config: RelayConfig, find: () => Device | null): MqttOutput {
  let address: string | null = null;
  const now = (): MqttOutput | null => {
    const device = find();
    switch (device?.driver) {
      case 'shelly':
        return shellyOutput(device.topic, config.number ?? 0);
      case 'tasmota':
        return tasmotaOutput(device.topic, config.number ?? 1);
      case 'esphome':
        return esphomeOutput(device.topic, config.switch ?? name);
      case 'esp-rfid':
        return espRfidOutput(device.topic, () => address);
      default:
        return null;
    }
  };
  return {
    plan(order) {
      const output = now();
      if (output !== null) return output.plan(order);
      throw new CodedError('order_unsupported', `the device ${config.device} of relay ${name} takes no orders`, {
        fields: { relay: name, device: config.device },
        advice: 'Add it as a shelly, tasmota, esphome or esp-rfid device.',
      });
    },
    hear(message) {
      const { driver, topic = '' } = find() ?? {};
      const heard = driver === 'esp-rfid' ? hearReader(topic, 'iso14443a', message) : OTHER;
      if (heard.type === 'address') address = heard.address;
      return now()?.hear(message) ?? OTHER;
    },
  };
}
