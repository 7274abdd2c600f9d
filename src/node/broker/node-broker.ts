import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Clock, Randomness } from '../../base/ports.ts';
import type { Device } from '../../broker/devices.ts';
import type { Message } from '../../broker/message.ts';
import { topicsOf } from '../../broker/rules.ts';
import { idText } from '../../format/ids.ts';
import type { Log } from '../../sandbox/log.ts';
import type { BrokerConfig } from '../config.ts';
import type { ChangedKeys } from '../fold.ts';
import type { MessageBus } from '../message-bus.ts';
import type { Space } from '../space.ts';
import { LedgerDevices } from './ledger-devices.ts';
import { MqttLinks } from './mqtt-links.ts';
import type { RunningBroker } from './running-broker.ts';

export interface NodeBrokerParts {
  readonly folder: string;
  readonly space: Space;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

/**
 * The broker of this node, or none. Whatever fails of it is told by `status` and the log, and the node goes on: no door
 * waits for MQTT.
 */
export class NodeBroker implements MessageBus {
  readonly #parts: NodeBrokerParts;
  readonly #devices: LedgerDevices;
  /** The ways to the devices. */
  readonly links: MqttLinks;
  #running: RunningBroker | null = null;
  #fault: string | null = null;

  constructor(parts: NodeBrokerParts) {
    this.#parts = parts;
    this.#devices = new LedgerDevices(parts.space.state);
    this.links = new MqttLinks(this, parts.log);
  }

  async start(): Promise<void> {
    const { space, ...parts } = this.#parts;
    if (!parts.config.enabled) return;
    try {
      // Here and not above: MQTT and TLS are 8 MB that no command needs, nor a node without them.
      const { RunningBroker: Running } = await import('./running-broker.ts');
      this.#running = await Running.start({ ...parts, mesh: idText(space.mesh), devices: this.#devices });
    } catch (error) {
      this.#tell(error);
    }
  }

  async publish(topic: string, payload: string, options: { retain: boolean; qos: 0 | 1 | 2 }): Promise<void> {
    await this.#running?.broker.publish(topic, payload, options);
  }

  /** As `Broker.subscribe`; without a broker nothing is heard. */
  subscribe(filter: string, hear: (message: Message) => void): () => void {
    return this.#running?.broker.subscribe(filter, hear) ?? (() => {});
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** A device as the ledger has it, and the filters of its own topics; null: there is none. */
  find(name: string): { readonly device: Device; readonly filters: readonly string[] } | null {
    const device = this.#devices.find(name);
    if (device === null) return null;
    const { base } = this.#parts.config;
    return { device, filters: topicsOf(name, device, { base, isOurs: (other) => this.#devices.isDoor(other) }) };
  }

  isConnected(device: string): boolean {
    return this.#running?.broker.isConnected(device) ?? false;
  }

  /** As `Broker.useNonce`. @throws broker_down besides. */
  async useNonce(nonce: string, expires: number, nowMs: number): Promise<void> {
    if (this.#running === null) throw new CodedError('broker_down', 'this node has no MQTT broker now');
    await this.#running.broker.useNonce(nonce, expires, nowMs);
  }

  /** To be called after each commit of the fold: who was removed, or has another password, is cut off at once. */
  changed(changes: ChangedKeys): void {
    for (const device of this.#devices.changed(changes)) {
      this.#running?.broker.disconnect(device).catch((error: unknown) => this.#tell(error));
    }
    this.links.changed(changes);
  }

  describe(): JsonObject {
    return { enabled: this.#parts.config.enabled, fault: this.#fault, ...this.#running?.describe() };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.stop();
  }

  #tell(error: unknown): void {
    this.#fault = messageOf(error);
    this.#parts.log.warn({ code: codeOf(error) ?? 'broker_failed' }, `broker: ${this.#fault}`);
  }
}
