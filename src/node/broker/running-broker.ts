import { join } from 'node:path';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { BROKER_CERTIFICATE_CHECK_MS, BROKER_DESCRIBE_MS_MAX } from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';
import type { Log } from '../../sandbox/log.ts';
import type { BrokerConfig } from '../config.ts';
import { BrokerThread } from './broker-thread.ts';
import { serverCertificate } from './certificates.ts';
import type { LedgerDevices } from './ledger-devices.ts';
import type { Where } from './thread-messages.ts';

export interface RunningParts {
  /** Of the space. */
  readonly folder: string;
  /** Id of the root block, as text. */
  readonly mesh: string;
  readonly config: BrokerConfig;
  readonly devices: LedgerDevices;
  readonly clock: Clock;
  readonly log: Log;
  /** As of `BrokerThread`. */
  readonly onReady: () => void;
  readonly onEnd: (error: Error) => void;
  readonly main?: string;
}

/** A broker with its listeners; TLS comes as soon as there is a certificate. */
export class RunningBroker {
  readonly thread: BrokerThread;
  readonly #parts: RunningParts;
  readonly #ending = new AbortController();
  #fault: string | null = null;
  #cancelCheck: (() => void) | null = null;

  constructor(parts: RunningParts) {
    const { folder, config, devices } = parts;
    this.#parts = parts;
    const data = { storePath: join(folder, 'broker.db'), base: config.base, book: devices.all() };
    this.thread = new BrokerThread({
      ...parts,
      data,
      onEnd: (error) => {
        this.#leave();
        parts.onEnd(error);
      },
    });
    this.#listen();
    void this.#check(null);
  }

  /** `fault` is what is wrong with the way by TLS, or why nothing else is told. */
  async describe(): Promise<JsonObject> {
    try {
      return { fault: this.#fault, ...(await this.thread.call('describe', [], BROKER_DESCRIBE_MS_MAX)) };
    } catch (error) {
      return { fault: messageOf(error) };
    }
  }

  async stop(): Promise<void> {
    this.#leave();
    await this.thread.stop();
  }

  #leave(): void {
    this.#ending.abort();
    this.#cancelCheck?.();
  }

  #listen(): void {
    const { loopback_port: loopback, plain } = this.#parts.config;
    const wheres: readonly Where[] = [
      ...(loopback > 0 ? [{ way: 'loopback', at: { address: '127.0.0.1' }, port: loopback } as const] : []),
      ...(plain === undefined ? [] : [{ way: 'plain', at: { interface: plain.interface }, port: plain.port } as const]),
    ];
    for (const where of wheres) {
      this.thread.call('listen', [where]).catch((error: unknown) => this.#tell(error));
    }
  }

  /** Has a certificate that is right at the TLS listener, now and from time to time. @param before the one it has. */
  async #check(before: string | null): Promise<void> {
    const { folder, mesh, clock, config } = this.#parts;
    const { signal } = this.#ending;
    let now = before;
    try {
      const tls = await serverCertificate({ folder, mesh, clock, signal });
      if (signal.aborted) return;
      if (before === null)
        await this.thread.call('listen', [{ way: 'tls', at: { address: '::' }, port: config.port, tls }]);
      else if (before !== tls.cert) await this.thread.call('setTls', [tls]);
      now = tls.cert;
      this.#fault = null;
    } catch (error) {
      this.#tell(error);
    }
    if (!signal.aborted) this.#cancelCheck = clock.after(BROKER_CERTIFICATE_CHECK_MS, () => void this.#check(now));
  }

  #tell(error: unknown): void {
    if (this.#ending.signal.aborted) return;
    const fault = messageOf(error);
    if (this.#fault !== fault) this.#parts.log.warn({ code: codeOf(error) ?? 'broker_failed' }, `broker: ${fault}`);
    this.#fault = fault;
  }
}
