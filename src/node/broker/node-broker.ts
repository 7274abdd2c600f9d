import { join } from 'node:path';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { BROKER_CERTIFICATE_CHECK_MS } from '../../base/limits.ts';
import type { Clock, Randomness } from '../../base/ports.ts';
import { Broker } from '../../broker/broker.ts';
import { Listener, type ListenerParts } from '../../broker/listener.ts';
import { idText } from '../../format/ids.ts';
import type { Log } from '../../sandbox/log.ts';
import type { BrokerConfig } from '../config.ts';
import type { ChangedKeys } from '../fold.ts';
import type { MessageBus } from '../message-bus.ts';
import type { Space } from '../space.ts';
import { serverCertificate } from './certificates.ts';
import { LedgerDevices } from './ledger-devices.ts';
import { addressOf } from './network.ts';
import type { KeyPair } from './openssl.ts';

export interface NodeBrokerParts {
  readonly folder: string;
  readonly space: Space;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

type Where = Pick<ListenerParts, 'way' | 'host' | 'port' | 'tls'>;

/**
 * The broker of this node with its listeners. Whatever fails of it is told and tried again, and the node goes on: no
 * door waits for MQTT.
 */
export class NodeBroker implements MessageBus {
  readonly #parts: NodeBrokerParts;
  readonly #devices: LedgerDevices;
  readonly #listeners: Listener[] = [];
  #broker: Broker | null = null;
  #fault: string | null = null;
  #cancelCheck: (() => void) | null = null;
  #checking: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: NodeBrokerParts) {
    this.#parts = parts;
    this.#devices = new LedgerDevices(parts.space.state);
  }

  /** Resolves when the broker runs; TLS comes as soon as there is a certificate. */
  async start(): Promise<void> {
    const { folder, config, clock, randomness, log } = this.#parts;
    if (!config.enabled) return;
    const devices = this.#devices;
    const context = { base: config.base, isOurs: (name: string) => devices.isDoor(name) };
    const storePath = join(folder, 'broker.db');
    try {
      this.#broker = new Broker({ storePath, book: devices, context, clock, randomness, log });
      await this.#broker.start();
    } catch (error) {
      this.#tell(error);
      return;
    }
    const { loopback_port: loopback, plain } = config;
    if (loopback > 0) await this.#listen({ way: 'loopback', host: () => '127.0.0.1', port: loopback });
    if (plain !== undefined) {
      await this.#listen({ way: 'plain', host: () => addressOf(plain.interface), port: plain.port });
    }
    this.#checking = this.#check(null);
  }

  async publish(topic: string, payload: string, options: { retain: boolean; qos: 0 | 1 | 2 }): Promise<void> {
    await this.#broker?.publish(topic, payload, options);
  }

  /** To be called after each commit of the fold: who was removed, or has another password, is cut off at once. */
  changed(changes: ChangedKeys): void {
    for (const device of this.#devices.changed(changes)) {
      this.#broker?.disconnect(device).catch((error: unknown) => this.#tell(error));
    }
  }

  describe(): JsonObject {
    const { config } = this.#parts;
    const listeners = this.#listeners.map((listener) => ({ ...listener.describe() }));
    const { devices = [], drops = {}, ...counts } = this.#broker?.describe() ?? {};
    const connected = devices.map(({ device, ways }) => ({ device, ways: [...ways] }));
    return { enabled: config.enabled, fault: this.#fault, listeners, devices: connected, drops, ...counts };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelCheck?.();
    await this.#checking;
    for (const listener of this.#listeners) await listener.stop();
    await this.#broker?.stop();
    this.#broker = null;
  }

  async #listen(where: Where): Promise<Listener | null> {
    const broker = this.#broker;
    if (broker === null || this.#isStopped) return null;
    const { clock, log } = this.#parts;
    const { drops, admission } = broker;
    const onConnection: ListenerParts['onConnection'] = (connection, ticket) => broker.serve(connection, ticket);
    const listener = new Listener({ ...where, clock, log, drops, admission, onConnection });
    this.#listeners.push(listener);
    await listener.start();
    return listener;
  }

  /** Has a certificate that is right at the TLS listener, now and from time to time. */
  async #check(before: { readonly listener: Listener | null; readonly pair: KeyPair } | null): Promise<void> {
    const { folder, space, clock, config } = this.#parts;
    let now = before;
    try {
      const pair = await serverCertificate(folder, idText(space.mesh), clock);
      if (before?.listener != null && before.pair.cert !== pair.cert) before.listener.setTls(pair);
      const listener =
        before?.listener ?? (await this.#listen({ way: 'tls', host: () => '::', port: config.port, tls: pair }));
      now = { listener, pair };
      this.#fault = null;
    } catch (error) {
      this.#tell(error);
    }
    if (this.#isStopped) return;
    this.#cancelCheck = clock.after(BROKER_CERTIFICATE_CHECK_MS, () => {
      this.#checking = this.#check(now);
    });
  }

  #tell(error: unknown): void {
    const fault = messageOf(error);
    if (this.#fault !== fault) this.#parts.log.warn({ code: codeOf(error) ?? 'broker_failed' }, `broker: ${fault}`);
    this.#fault = fault;
  }
}
