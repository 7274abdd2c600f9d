import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import type { Device } from '../../broker/devices.ts';
import type { Message } from '../../broker/message.ts';
import type { MqttLink, MqttListener } from '../../devices/mqtt/link.ts';
import { MESH, MQTT_PREFIX } from '../../ledger/mesh/keys.ts';
import type { Log } from '../../sandbox/log.ts';
import type { ChangedKeys } from '../fold.ts';

/** What links need of the broker. */
interface LinkBroker {
  readonly isRunning: boolean;
  isConnected(device: string): boolean;
  /** A device as the ledger has it, and the filters of its own topics; null: there is none. */
  find(name: string): { readonly device: Device; readonly filters: readonly string[] } | null;
  subscribe(filter: string, hear: (message: Message) => void): () => void;
  publish(topic: string, payload: string, options: { readonly retain: boolean; readonly qos: 0 }): Promise<void>;
}

interface Listening {
  readonly device: string;
  readonly listener: MqttListener;
  end: () => void;
}

/** The ways to the MQTT devices of the ledger, for the drivers of this board's readers and relays. */
export class MqttLinks {
  readonly #broker: LinkBroker;
  readonly #log: Log;
  readonly #listening = new Set<Listening>();

  constructor(broker: LinkBroker, log: Log) {
    this.#broker = broker;
    this.#log = log;
  }

  /** The way to a device, which may come into the ledger later, or go. */
  link(device: string): MqttLink {
    const broker = this.#broker;
    return {
      get topic() {
        return broker.find(device)?.device.topic ?? '';
      },
      get isConnected() {
        return broker.isConnected(device);
      },
      listen: (listener) => {
        const one: Listening = { device, listener, end: () => {} };
        this.#listening.add(one);
        this.#listen(one);
        return () => {
          this.#listening.delete(one);
          one.end();
        };
      },
      send: (topic, payload) => {
        // At most once, and only to who is there: what waits for a device is another order when it comes.
        broker.publish(topic, payload, { retain: false, qos: 0 }).catch((error: unknown) => {
          this.#log.warn({ device, code: codeOf(error) }, `not sent to ${device}: ${messageOf(error)}`);
        });
      },
    };
  }

  /** To be called when the broker is there again, or has gone. */
  renew(): void {
    for (const one of this.#listening) this.#listen(one);
  }

  /** To be called after each commit of the fold. */
  changed(changes: ChangedKeys): void {
    const keys = changes.get(MESH) ?? [];
    for (const one of this.#listening) {
      if (keys.includes(`${MQTT_PREFIX}${one.device}`)) this.#listen(one);
    }
  }

  #listen(one: Listening): void {
    const { device, listener } = one;
    const broker = this.#broker;
    one.end();
    const found = broker.find(device);
    if (found === null || !broker.isRunning) {
      one.end = () => {};
      listener.onState('lost', found === null ? unknown(device) : noBroker(device));
      return;
    }
    const ends = found.filters.map((filter) =>
      broker.subscribe(filter, (message) => {
        // Our own orders come by here too.
        if (message.device === device) listener.onMessage(message);
      }),
    );
    one.end = () => {
      for (const end of ends) end();
    };
    listener.onState('open');
  }
}

function unknown(device: string): CodedError {
  return new CodedError('no_such_mqtt_device', `the ledger has no MQTT device ${device}`, {
    fields: { device },
    advice: `Add it with \`blockmesh device add ${device}\`, and give the device the password that prints.`,
  });
}

function noBroker(device: string): CodedError {
  return new CodedError('broker_down', `no MQTT broker runs on this board, so nobody hears ${device}`, {
    fields: { device },
    advice: 'See [broker] in blockmesh.toml, and `blockmesh status` for what is wrong with it.',
  });
}
