import type { Subscription } from './packets.ts';

/** A subscription of QoS 1 or 2, and whose it is, as aedes asks for it. */
export interface FoundSubscription extends Subscription {
  readonly clientId: string;
}

interface Level {
  readonly below: Map<string, Level>;
  readonly subscriptions: Map<string, FoundSubscription>;
}

/** Every kept subscription, by client and by topic: which queues a message belongs into is asked for each message. */
export class SubscriptionIndex {
  readonly #byClient = new Map<string, Map<string, Subscription>>();
  readonly #root = newLevel();
  #queued = 0;

  get clients(): number {
    return this.#byClient.size;
  }

  /** Those of QoS 1 and 2. */
  get queued(): number {
    return this.#queued;
  }

  set(client: string, subscription: Subscription): void {
    this.delete(client, subscription.topic);
    let own = this.#byClient.get(client);
    if (own === undefined) {
      own = new Map();
      this.#byClient.set(client, own);
    }
    own.set(subscription.topic, subscription);
    if (subscription.qos === 0) return;
    const { subscriptionIdentifier: _, ...rest } = subscription;
    this.#levelOf(subscription.topic).subscriptions.set(client, { clientId: client, ...rest });
    this.#queued += 1;
  }

  delete(client: string, topic: string): void {
    const own = this.#byClient.get(client);
    const subscription = own?.get(topic);
    if (own === undefined || subscription === undefined) return;
    own.delete(topic);
    if (own.size === 0) this.#byClient.delete(client);
    if (subscription.qos > 0) this.#remove(client, topic.split('/'));
  }

  of(client: string): readonly Subscription[] {
    return [...(this.#byClient.get(client)?.values() ?? [])];
  }

  has(client: string, topic: string): boolean {
    return this.#byClient.get(client)?.has(topic) === true;
  }

  clientsOf(topic: string): readonly string[] {
    return [...this.#byClient].flatMap(([client, own]) => (own.has(topic) ? [client] : []));
  }

  /** Those of QoS 1 and 2 that pick `topic`. */
  matching(topic: string): FoundSubscription[] {
    const found: FoundSubscription[] = [];
    const levels = topic.split('/');
    // Wildcards in the first level pick nothing that begins with `$` (MQTT 4.7.2-1).
    collect(this.#root, levels, 0, found, !topic.startsWith('$'));
    return found;
  }

  #levelOf(topic: string): Level {
    let level = this.#root;
    for (const name of topic.split('/')) {
      let next = level.below.get(name);
      if (next === undefined) {
        next = newLevel();
        level.below.set(name, next);
      }
      level = next;
    }
    return level;
  }

  #remove(client: string, names: readonly string[]): void {
    const path: Level[] = [this.#root];
    for (const name of names) {
      const next = path.at(-1)?.below.get(name);
      if (next === undefined) return;
      path.push(next);
    }
    if (path.at(-1)?.subscriptions.delete(client) === true) this.#queued -= 1;
    for (let depth = names.length; depth > 0; depth -= 1) {
      const level = path[depth];
      if (level === undefined || level.subscriptions.size > 0 || level.below.size > 0) return;
      path[depth - 1]?.below.delete(names[depth - 1] ?? '');
    }
  }
}

function newLevel(): Level {
  return { below: new Map(), subscriptions: new Map() };
}

function collect(level: Level, names: readonly string[], at: number, found: FoundSubscription[], wild: boolean): void {
  if (wild) found.push(...(level.below.get('#')?.subscriptions.values() ?? []));
  const name = names[at];
  if (name === undefined) {
    found.push(...level.subscriptions.values());
    return;
  }
  const any = wild ? level.below.get('+') : undefined;
  if (any !== undefined) collect(any, names, at + 1, found, true);
  const same = level.below.get(name);
  if (same !== undefined) collect(same, names, at + 1, found, true);
}
