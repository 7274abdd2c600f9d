import { messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { Broker } from '../../broker/broker.ts';
import { Listener, type ListenerParts } from '../../broker/listener.ts';
import type { Log } from '../../broker/log.ts';
import type { Message } from '../../broker/message.ts';
import { systemClock, systemRandomness } from '../system.ts';
import { BrokerEars } from './broker-ears.ts';
import { CopiedBook } from './device-book.ts';
import { addressOf } from './network.ts';
import type { KeyPair } from './openssl.ts';
import {
  type BrokerApi,
  type BrokerThreadData,
  errorParts,
  type FromBroker,
  type PublishOptions,
  type ToBroker,
  type Where,
} from './thread-messages.ts';

/** @param moved memory that goes along, and is nobody's here any more. */
type Say = (message: FromBroker, moved?: readonly ArrayBuffer[]) => void;

/** A broker with its listeners, behind messages. */
export class BrokerService implements BrokerApi {
  readonly #broker: Broker;
  readonly #book: CopiedBook;
  readonly #ears: BrokerEars;
  readonly #listeners: Listener[] = [];
  /** Only time that passes is read of it: what the hour is, the node says. */
  readonly #clock = systemClock('untrusted');
  readonly #log: Log;
  readonly #say: Say;

  /** @throws broker_store. */
  constructor({ storePath, base, book }: BrokerThreadData, say: Say) {
    this.#say = say;
    this.#log = {
      info: (fields, message) => say({ type: 'log', level: 'info', fields, message }),
      warn: (fields, message) => say({ type: 'log', level: 'warn', fields, message }),
    };
    this.#book = new CopiedBook(base, book);
    this.#broker = new Broker({
      storePath,
      book: this.#book,
      context: this.#book.context,
      clock: this.#clock,
      randomness: systemRandomness,
      log: this.#log,
      onPresence: (device, isConnected) => say({ type: 'presence', device, isConnected }),
    });
    this.#ears = new BrokerEars(this.#broker, (id, message) => {
      const copy = movable(message);
      say({ type: 'message', id, message: copy }, [copy.payload.buffer]);
    });
  }

  async start(): Promise<void> {
    await this.#broker.start();
  }

  take(message: ToBroker): void {
    switch (message.type) {
      case 'call':
        void this.#answer(message);
        return;
      case 'book':
        this.#book.set(message.entry);
        if (message.isCutOff) this.#cutOff(message.entry.name);
        return;
      case 'subscribe':
        this.#ears.subscribe(message.id, message.filter);
        return;
      case 'unsubscribe':
        this.#ears.unsubscribe(message.id);
        return;
      case 'heard':
        this.#ears.heard(message.bytes);
        return;
    }
  }

  async publish(topic: string, payload: string, options: PublishOptions): Promise<void> {
    await this.#broker.publish(topic, payload, options);
  }

  async retained(filter: string): Promise<readonly Message[]> {
    return this.#broker.retained(filter).map(movable);
  }

  async useNonce(nonce: string, expires: number, nowMs: number): Promise<void> {
    await this.#broker.useNonce(nonce, expires, nowMs);
  }

  async listen({ way, at, port, tls }: Where): Promise<void> {
    const broker = this.#broker;
    const { drops, admission, backlog } = broker;
    const host = 'address' in at ? () => at.address : () => addressOf(at.interface);
    const shared = { clock: this.#clock, log: this.#log, drops, admission, backlog };
    const onConnection: ListenerParts['onConnection'] = (connection, ticket) => broker.serve(connection, ticket);
    const parts = { ...shared, way, host, port, onConnection };
    const listener = new Listener(tls === undefined ? parts : { ...parts, tls });
    this.#listeners.push(listener);
    await listener.start();
  }

  async setTls(pair: KeyPair): Promise<void> {
    for (const listener of this.#listeners) listener.setTls(pair);
  }

  async describe(): Promise<JsonObject> {
    const listeners = this.#listeners.map((listener) => ({ ...listener.describe() }));
    const { devices, drops, ...counts } = this.#broker.describe();
    const connected = devices.map(({ device, ways }) => ({ device, ways: [...ways] }));
    return { listeners, devices: connected, drops, ...counts };
  }

  async stop(): Promise<void> {
    for (const listener of this.#listeners) await listener.stop();
    await this.#broker.stop();
  }

  async #answer({ id, name, words }: Extract<ToBroker, { type: 'call' }>): Promise<void> {
    try {
      // Its words are those of its name, by the type of a call.
      const value = await (this[name] as (...words: readonly unknown[]) => Promise<unknown>).apply(this, words);
      this.#say({ type: 'answer', id, value });
    } catch (error) {
      this.#say({ type: 'refusal', id, error: errorParts(error) });
    }
  }

  #cutOff(device: string): void {
    this.#broker.disconnect(device).catch((error: unknown) => {
      this.#log.warn({ code: 'broker_failed', device }, `broker: ${device} is not cut off: ${messageOf(error)}`);
    });
  }
}

/** With a payload of its own memory, which can go to another thread without what lies beside it. */
function movable(message: Message): Message & { readonly payload: Uint8Array<ArrayBuffer> } {
  return { ...message, payload: new Uint8Array(message.payload) };
}
