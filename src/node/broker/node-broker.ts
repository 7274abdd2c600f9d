import { codeOf, messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { BROKER_RESTART_MS } from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';
import type { Device } from '../../broker/devices.ts';
import type { Message } from '../../broker/message.ts';
import { topicsOf } from '../../broker/rules.ts';
import { type BlockId, idText } from '../../format/ids.ts';
import type { StateReader } from '../../ledger/state.ts';
import type { Log } from '../../sandbox/log.ts';
import type { BrokerConfig } from '../config.ts';
import type { ChangedKeys } from '../fold.ts';
import type { MessageBus } from '../message-bus.ts';
import { LedgerDevices } from './ledger-devices.ts';
import { MqttLinks } from './mqtt-links.ts';
import { RunningBroker } from './running-broker.ts';
import { brokerDown } from './thread-calls.ts';
import type { PublishOptions } from './thread-messages.ts';

export interface NodeBrokerParts {
  readonly folder: string;
  readonly space: { readonly state: StateReader; readonly mesh: BlockId };
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** It had died, and is started again: it has to be told everything, and knows no subscription. */
  readonly onReturn?: () => void;
  /** As of `BrokerThread`. */
  readonly main?: string;
}

/**
 * The broker of this node, or none. Whatever fails of it is told by `status` and the log, and the node goes on: no door
 * waits for MQTT. A broker that dies is started again.
 */
export class NodeBroker implements MessageBus {
  readonly #parts: NodeBrokerParts;
  readonly #devices: LedgerDevices;
  /** The ways to the devices. */
  readonly links: MqttLinks;
  #running: RunningBroker | null = null;
  #fault: string | null = null;
  #cancelRestart: (() => void) | null = null;

  constructor(parts: NodeBrokerParts) {
    this.#parts = parts;
    this.#devices = new LedgerDevices(parts.space.state);
    this.links = new MqttLinks(this, parts.log);
  }

  /** Begins to start it: what it is told from now on waits for it. */
  start(): void {
    if (this.#parts.config.enabled) this.#begin();
  }

  /** Resolves when the broker has taken it; without one it is nobody's. @throws broker_busy, broker_deaf. */
  async publish(topic: string, payload: string, options: PublishOptions): Promise<void> {
    try {
      await this.#running?.thread.call('publish', [topic, payload, options]);
    } catch (error) {
      if (codeOf(error) !== 'broker_down') throw error;
    }
  }

  /** As `BrokerThread.subscribe`; while there is no broker nothing is heard. */
  subscribe(filter: string, hear: (message: Message) => void): () => void {
    return this.#running?.thread.subscribe(filter, hear) ?? (() => {});
  }

  /** What is retained at the topics that `filter` picks. @throws broker_down, broker_busy, broker_deaf. */
  async retained(filter: string): Promise<readonly Message[]> {
    return await this.#thread.call('retained', [filter]);
  }

  /** Whether it runs, or begins to. */
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
    return this.#running?.thread.isConnected(device) ?? false;
  }

  /** As `Broker.useNonce`. @throws broker_down, broker_busy, broker_deaf besides. */
  async useNonce(nonce: string, expires: number, nowMs: number): Promise<void> {
    await this.#thread.call('useNonce', [nonce, expires, nowMs]);
  }

  /** To be called after each commit of the fold: who was removed, or has another password, is cut off at once. */
  changed(changes: ChangedKeys): void {
    for (const { entry, isNew } of this.#devices.changed(changes)) this.#running?.thread.tellOf(entry, isNew);
    this.links.changed(changes);
  }

  async describe(): Promise<JsonObject> {
    return { enabled: this.#parts.config.enabled, fault: this.#fault, ...(await this.#running?.describe()) };
  }

  async stop(): Promise<void> {
    this.#cancelRestart?.();
    const running = this.#running;
    this.#running = null;
    await running?.stop();
  }

  /** @throws broker_down. */
  get #thread() {
    if (this.#running === null) throw brokerDown('it is off, or is started again');
    return this.#running.thread;
  }

  #begin(): void {
    const { space, ...parts } = this.#parts;
    try {
      this.#running = new RunningBroker({
        ...parts,
        mesh: idText(space.mesh),
        devices: this.#devices,
        onReady: () => {
          this.#fault = null;
        },
        onEnd: (error) => this.#restart(error),
      });
    } catch (error) {
      // No thread could be had, say.
      this.#restart(error);
    }
  }

  #restart(error: unknown): void {
    this.#running = null;
    const fault = messageOf(error);
    if (this.#fault !== fault) this.#parts.log.warn({ code: codeOf(error) ?? 'broker_failed' }, `broker: ${fault}`);
    this.#fault = fault;
    this.links.renew();
    this.#cancelRestart = this.#parts.clock.after(BROKER_RESTART_MS, () => {
      this.#begin();
      this.links.renew();
      this.#parts.onReturn?.();
    });
  }
}
