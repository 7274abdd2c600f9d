import { Readable } from 'node:stream';
import type { ClientName, Packet, Subscription } from './packets.ts';
import type { BrokerStore } from './store.ts';
import type { FoundSubscription } from './subscription-index.ts';

/** Sessions and what waits for them, under the names that aedes calls. */
export class SessionPersistence {
  protected readonly store: BrokerStore;
  readonly #mayKeep: (client: string, topic: string) => boolean;

  /** @param mayKeep whether a subscription may be kept: aedes hands over those that were refused, too. */
  constructor(store: BrokerStore, mayKeep: (client: string, topic: string) => boolean) {
    this.store = store;
    this.#mayKeep = mayKeep;
  }

  /** @throws sessions_full. */
  async addSubscriptions({ id }: ClientName, subscriptions: readonly Subscription[]): Promise<void> {
    const kept = subscriptions.filter(({ topic }) => this.#mayKeep(id, topic));
    if (kept.length > 0) await this.store.write(() => this.store.sessions.add(id, kept));
  }

  async removeSubscriptions({ id }: ClientName, topics: readonly string[]): Promise<void> {
    await this.store.write(() => this.store.sessions.remove(id, topics));
  }

  async subscriptionsByClient({ id }: ClientName): Promise<readonly Subscription[]> {
    return this.store.sessions.index.of(id).map((subscription) => ({ ...subscription }));
  }

  async subscriptionsByTopic(topic: string): Promise<FoundSubscription[]> {
    return this.store.sessions.index.matching(topic);
  }

  async countOffline(): Promise<{ readonly subsCount: number; readonly clientsCount: number }> {
    const { queued: subsCount, clients: clientsCount } = this.store.sessions.index;
    return { subsCount, clientsCount };
  }

  getClientList(topic: string): Readable {
    return Readable.from(this.store.sessions.index.clientsOf(topic));
  }

  /** The session ends, and what waited for it goes with it (MQTT 3.1.2-6). */
  async cleanSubscriptions({ id }: ClientName): Promise<void> {
    await this.store.write(() => {
      this.store.sessions.clean(id);
      this.store.outgoing.clean(id);
    });
  }

  async outgoingEnqueue(subscription: { readonly clientId: string }, packet: Packet): Promise<void> {
    await this.outgoingEnqueueCombi([subscription], packet);
  }

  async outgoingEnqueueCombi(subscriptions: readonly { readonly clientId: string }[], packet: Packet): Promise<void> {
    const isAhead = this.store.isAhead(packet);
    this.store.endAhead(packet);
    if (isAhead || subscriptions.length === 0) return;
    await this.store.write(() => {
      for (const { clientId } of subscriptions) this.store.outgoing.enqueue(clientId, packet);
    });
  }

  async outgoingUpdate({ id }: ClientName, packet: Packet): Promise<void> {
    await this.store.write(() => this.store.outgoing.update(id, packet));
  }

  async outgoingClearMessageId({ id }: ClientName, packet: Packet): Promise<Packet | undefined> {
    let cleared: Packet | undefined;
    await this.store.write(() => {
      cleared = this.store.outgoing.clear(id, packet.messageId ?? 0);
    });
    return cleared;
  }

  outgoingStream({ id }: ClientName): Readable {
    return Readable.from(this.store.outgoing.stream(id));
  }
}
