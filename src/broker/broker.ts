import type { Aedes, AedesPublishPacket } from 'aedes';
import { BROKER_STOP_MS_MAX } from '../base/limits.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import { Admission, type Ticket } from './admission.ts';
import { createAedes } from './aedes.ts';
import { Backlog } from './backlog.ts';
import { Clients } from './clients.ts';
import type { Connection } from './connection.ts';
import type { DeviceBook } from './devices.ts';
import { Drops } from './drops.ts';
import { isWillAllowed } from './gate.ts';
import type { Log } from './log.ts';
import { type Emitted, type Message, messageFrom } from './message.ts';
import type { Packet } from './packets.ts';
import { Persistence } from './persistence.ts';
import type { RuleContext } from './rules.ts';
import { BrokerStore } from './store.ts';

export interface BrokerParts {
  /** `broker.db`. */
  readonly storePath: string;
  readonly book: DeviceBook;
  readonly context: RuleContext;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** The first connection of a device is there, or its last one has gone. */
  readonly onPresence?: (device: string, isConnected: boolean) => void;
}

/** The MQTT broker inside the node: aedes, with our rules, our persistence and our bounds. Listeners are beside it. */
export class Broker {
  readonly admission: Admission;
  readonly backlog = new Backlog();
  readonly drops: Drops;
  readonly #parts: BrokerParts;
  readonly #clients: Clients;
  readonly #store: BrokerStore;
  readonly #aedes: Aedes;

  /** @throws broker_store. */
  constructor(parts: BrokerParts) {
    const { clock, log, storePath, onPresence } = parts;
    this.#parts = parts;
    this.admission = new Admission(clock);
    this.drops = new Drops(clock, log);
    this.#clients = new Clients(clock, onPresence);
    const [drops, clients] = [this.drops, this.#clients];
    this.#store = new BrokerStore({
      path: storePath,
      log,
      drops,
      isConnected: (client) => clients.isConnected(client),
    });
    const persistence = new Persistence(this.#store, (client, topic) => clients.hasFilter(client, topic));
    this.#aedes = createAedes({ ...parts, clients, drops, persistence });
  }

  /** Forgets devices that are gone, and publishes the wills of an earlier life: its clients were cut off with it. */
  async start(): Promise<void> {
    await this.#aedes.listen();
    await this.#forget((device) => this.#parts.book.find(device) === null);
    for (const { will } of this.#store.packets.wills()) {
      const { clientId = '', topic = '', payload = '', retain = false } = will;
      const isAllowed = isWillAllowed({ ...this.#parts, drops: this.drops }, will);
      if (isAllowed) await this.#emit({ topic, payload, retain, qos: will.qos === 0 ? 0 : 1, clientId });
      await this.#store.write(() => this.#store.packets.deleteWill(clientId));
    }
  }

  /** Takes over a connection that a listener let in. */
  serve(connection: Connection, ticket: Ticket): void {
    const client = this.#aedes.handle(connection);
    client.once('connected', () => ticket.known());
  }

  /** Resolves when it is kept for all who are to get it. @throws what the store does. */
  async publish(
    topic: string,
    payload: string | Uint8Array,
    options: { retain: boolean; qos: 0 | 1 | 2 },
  ): Promise<void> {
    await this.#emit({ topic, payload, ...options });
  }

  /**
   * Calls `hear` for every message whose topic `filter` picks, also one of this node; first for the retained ones that
   * are there, `isRetained`. @returns a function that ends it.
   */
  subscribe(filter: string, hear: (message: Message) => void): () => void {
    const deliver = (packet: AedesPublishPacket, done: () => void) => {
      hear(messageFrom(packet as Packet));
      done();
    };
    for (const message of this.retained(filter)) hear(message);
    this.#aedes.subscribe(filter, deliver, () => {});
    return () => this.#aedes.unsubscribe(filter, deliver, () => {});
  }

  /** What is retained at the topics that `filter` picks. */
  retained(filter: string): readonly Message[] {
    return [...this.#store.retained.matching([filter])].map((packet) => ({ ...messageFrom(packet), isRetained: true }));
  }

  /**
   * Uses up the nonce of a command (`Nonces.use`); resolves when that is kept.
   * @throws nonce_repeated, command_busy; what the store does.
   */
  async useNonce(nonce: string, expires: number, nowMs: number): Promise<void> {
    await this.#store.useNonce(nonce, expires, nowMs);
  }

  /** Ends every connection of a device; one that is gone from the book loses all that is kept for it, too. */
  async disconnect(device: string): Promise<void> {
    for (const { connection } of this.#clients.connectionsOf(device)) connection.destroy();
    if (this.#parts.book.find(device) === null) await this.#forget((name) => name === device);
  }

  describe() {
    const { connections } = this.admission;
    return { connections, devices: this.#clients.describe(), drops: this.drops.counts(), ...this.#store.describe() };
  }

  /** Ends every connection, publishes their wills, and closes the file. */
  async stop(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.after(BROKER_STOP_MS_MAX, resolve);
    const closed = new Promise<void>((done) => this.#aedes.close(done));
    await Promise.race([closed, late]);
    cancel();
    this.#store.close();
  }

  async #forget(isWanted: (device: string) => boolean): Promise<void> {
    for (const topic of this.#store.retained.topicsBy(isWanted)) {
      await this.#emit({ topic, payload: '', retain: true, qos: 0 });
    }
    await this.#store.forget(isWanted);
  }

  #emit(message: Emitted): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const packet = { cmd: 'publish' as const, dup: false, ...message, payload: Buffer.from(message.payload) };
    this.#aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
    return promise;
  }
}
