import { join } from 'node:path';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { BROKER_CERTIFICATE_CHECK_MS } from '../../base/limits.ts';
import type { Clock, Randomness } from '../../base/ports.ts';
import { Broker } from '../../broker/broker.ts';
import { Listener, type ListenerParts } from '../../broker/listener.ts';
import type { Log } from '../../sandbox/log.ts';
import type { BrokerConfig } from '../config.ts';
import { serverCertificate } from './certificates.ts';
import type { LedgerDevices } from './ledger-devices.ts';
import { addressOf } from './network.ts';
import type { KeyPair } from './openssl.ts';

export interface RunningParts {
  /** Of the space. */
  readonly folder: string;
  /** Id of the root block, as text. */
  readonly mesh: string;
  readonly config: BrokerConfig;
  readonly devices: LedgerDevices;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

type Where = Pick<ListenerParts, 'way' | 'host' | 'port' | 'tls'>;

/** A broker with its listeners; TLS comes as soon as there is a certificate. */
export class RunningBroker {
  readonly broker: Broker;
  readonly #parts: RunningParts;
  readonly #listeners: Listener[] = [];
  readonly #ending = new AbortController();
  #fault: string | null = null;
  #cancelCheck: (() => void) | null = null;

  /** @throws broker_store. */
  static async start(parts: RunningParts): Promise<RunningBroker> {
    const running = new RunningBroker(parts);
    await running.broker.start();
    const { loopback_port: loopback, plain } = parts.config;
    if (loopback > 0) await running.#listen({ way: 'loopback', host: () => '127.0.0.1', port: loopback });
    if (plain !== undefined) {
      await running.#listen({ way: 'plain', host: () => addressOf(plain.interface), port: plain.port });
    }
    void running.#check(null);
    return running;
  }

  private constructor(parts: RunningParts) {
    const { folder, config, devices, clock, randomness, log } = parts;
    this.#parts = parts;
    const context = { base: config.base, isOurs: (name: string) => devices.isDoor(name) };
    this.broker = new Broker({ storePath: join(folder, 'broker.db'), book: devices, context, clock, randomness, log });
  }

  describe(): JsonObject {
    const listeners = this.#listeners.map((listener) => ({ ...listener.describe() }));
    const { devices, drops, ...counts } = this.broker.describe();
    const connected = devices.map(({ device, ways }) => ({ device, ways: [...ways] }));
    return { fault: this.#fault, listeners, devices: connected, drops, ...counts };
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#cancelCheck?.();
    for (const listener of this.#listeners) await listener.stop();
    await this.broker.stop();
  }

  async #listen(where: Where): Promise<Listener> {
    const { broker } = this;
    const { clock, log } = this.#parts;
    const { drops, admission, backlog } = broker;
    const onConnection: ListenerParts['onConnection'] = (connection, ticket) => broker.serve(connection, ticket);
    const listener = new Listener({ ...where, clock, log, drops, admission, backlog, onConnection });
    this.#listeners.push(listener);
    await listener.start();
    return listener;
  }

  /** Has a certificate that is right at the TLS listener, now and from time to time. */
  async #check(before: { readonly listener: Listener; readonly pair: KeyPair } | null): Promise<void> {
    const { folder, mesh, clock, config } = this.#parts;
    const { signal } = this.#ending;
    let now = before;
    try {
      const pair = await serverCertificate({ folder, mesh, clock, signal });
      if (signal.aborted) return;
      if (before !== null && before.pair.cert !== pair.cert) before.listener.setTls(pair);
      const listener =
        before?.listener ?? (await this.#listen({ way: 'tls', host: () => '::', port: config.port, tls: pair }));
      now = { listener, pair };
      this.#fault = null;
    } catch (error) {
      if (signal.aborted) return;
      const fault = messageOf(error);
      if (this.#fault !== fault) this.#parts.log.warn({ code: codeOf(error) ?? 'broker_failed' }, `broker: ${fault}`);
      this.#fault = fault;
    }
    this.#cancelCheck = clock.after(BROKER_CERTIFICATE_CHECK_MS, () => void this.#check(now));
  }
}
