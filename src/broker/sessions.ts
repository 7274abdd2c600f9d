import type { Database } from 'better-sqlite3';
import { CodedError } from '../base/errors.ts';
import {
  BROKER_SESSIONS_MAX,
  BROKER_SESSIONS_PER_DEVICE_MAX,
  BROKER_SUBSCRIPTIONS_PER_CLIENT_MAX,
} from '../base/limits.ts';
import { deviceOf, type Subscription } from './packets.ts';
import { SubscriptionIndex } from './subscription-index.ts';

/**
 * Sessions that outlive their connection, and what they subscribe to: in the file, and in memory for the match of each
 * message. A device that begins a session too many loses its own oldest one that is not connected: some draw a new
 * name at each start.
 */
export class Sessions {
  readonly index = new SubscriptionIndex();
  readonly #database: Database;
  readonly #isConnected: (client: string) => boolean;
  readonly #onEvicted: (client: string) => void;
  /** Client to when it was used last: the higher, the later. */
  readonly #used = new Map<string, number>();
  #last = 0;

  /** @param onEvicted runs for a session that made room; its queue is nobody's then. */
  constructor(database: Database, isConnected: (client: string) => boolean, onEvicted: (client: string) => void) {
    this.#database = database;
    this.#isConnected = isConnected;
    this.#onEvicted = onEvicted;
    this.reload();
  }

  reload(): void {
    for (const client of this.#used.keys()) this.#unindex(client);
    this.#used.clear();
    const sessions = this.#database.prepare<[], { client: string; used: number }>('SELECT client, used FROM session');
    for (const { client, used } of sessions.iterate()) {
      this.#used.set(client, used);
      this.#last = Math.max(this.#last, used);
    }
    const rows = this.#database.prepare<[], { client: string; record: string }>(
      'SELECT client, record FROM subscription',
    );
    for (const { client, record } of rows.iterate()) this.index.set(client, JSON.parse(record) as Subscription);
  }

  clients(): readonly string[] {
    return [...this.#used.keys()];
  }

  /** @throws sessions_full. */
  add(client: string, subscriptions: readonly Subscription[]): void {
    this.#begin(client);
    const insert = this.#database.prepare(
      'INSERT OR REPLACE INTO subscription (client, topic, record) VALUES (?, ?, ?)',
    );
    for (const subscription of subscriptions) {
      const { topic } = subscription;
      const record = JSON.stringify(recordOf(subscription));
      const own = this.index.of(client);
      const before = own.find((one) => one.topic === topic);
      if (before === undefined && own.length >= BROKER_SUBSCRIPTIONS_PER_CLIENT_MAX) continue;
      // Aedes hands over all that one packet subscribes to, once for each of them.
      if (JSON.stringify(before) === record) continue;
      insert.run(client, topic, record);
      this.index.set(client, JSON.parse(record) as Subscription);
    }
  }

  remove(client: string, topics: readonly string[]): void {
    const remove = this.#database.prepare('DELETE FROM subscription WHERE client = ? AND topic = ?');
    for (const topic of topics) {
      if (!this.index.has(client, topic)) continue;
      remove.run(client, topic);
      this.index.delete(client, topic);
    }
    if (this.index.of(client).length === 0) this.#end(client);
  }

  clean(client: string): void {
    if (!this.#used.has(client)) return;
    this.#database.prepare('DELETE FROM subscription WHERE client = ?').run(client);
    this.#unindex(client);
    this.#end(client);
  }

  #begin(client: string): void {
    if (!this.#used.has(client)) this.#makeRoom(client);
    this.#last += 1;
    this.#used.set(client, this.#last);
    this.#database.prepare('INSERT OR REPLACE INTO session (client, used) VALUES (?, ?)').run(client, this.#last);
  }

  #end(client: string): void {
    if (!this.#used.delete(client)) return;
    this.#database.prepare('DELETE FROM session WHERE client = ?').run(client);
  }

  #makeRoom(client: string): void {
    const device = deviceOf(client);
    const own = [...this.#used].filter(([other]) => deviceOf(other) === device);
    if (own.length < BROKER_SESSIONS_PER_DEVICE_MAX && this.#used.size < BROKER_SESSIONS_MAX) return;
    const [oldest] = own.filter(([other]) => !this.#isConnected(other)).sort(([, a], [, b]) => a - b);
    if (oldest === undefined) {
      throw new CodedError('sessions_full', `no session more for ${device}`, {
        fields: { device, sessions: own.length, all: this.#used.size },
        advice: 'Let it use one name for itself, or a clean session.',
      });
    }
    this.clean(oldest[0]);
    this.#onEvicted(oldest[0]);
  }

  #unindex(client: string): void {
    for (const { topic } of this.index.of(client)) this.index.delete(client, topic);
  }
}

/** What of a subscription is kept; aedes' own has more, and what is undefined is not written. */
function recordOf({ topic, qos, rh, rap, nl, subscriptionIdentifier }: Subscription): object {
  return { topic, qos, rh, rap, nl, subscriptionIdentifier };
}
