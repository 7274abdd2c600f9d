import { BROKER_CONNECTIONS_PER_DEVICE_MAX, BROKER_SUBSCRIPTIONS_PER_CLIENT_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import { type Budget, newBudget } from './bucket.ts';
import type { Connection } from './connection.ts';
import { deviceOf } from './packets.ts';

interface Joined {
  readonly client: string;
  readonly connection: Connection;
}

/** Who is connected: by device, with what the clients of each subscribe to. */
export class Clients {
  readonly #clock: Clock;
  readonly #onPresence: (device: string, isConnected: boolean) => void;
  readonly #devices = new Map<string, { readonly budget: Budget; readonly joined: Set<Joined> }>();
  readonly #filters = new Map<string, Set<string>>();

  /** @param onPresence runs when the first connection of a device is there, and when its last one has gone. */
  constructor(clock: Clock, onPresence: (device: string, isConnected: boolean) => void = () => {}) {
    this.#clock = clock;
    this.#onPresence = onPresence;
  }

  /** Takes in a client that has shown who it is. @returns false when its device has too many connections. */
  join(client: string, connection: Connection): boolean {
    const name = deviceOf(client);
    const device = this.#devices.get(name) ?? { budget: newBudget(this.#clock.monotonicMs()), joined: new Set() };
    if (device.joined.size >= BROKER_CONNECTIONS_PER_DEVICE_MAX) return false;
    const joined = { client, connection };
    device.joined.add(joined);
    this.#devices.set(name, device);
    if (device.joined.size === 1) this.#onPresence(name, true);
    connection.budget = device.budget;
    connection.once('close', () => {
      device.joined.delete(joined);
      if (device.joined.size === 0) {
        this.#devices.delete(name);
        this.#onPresence(name, false);
      }
      if (![...device.joined].some((other) => other.client === client)) this.#filters.delete(client);
    });
    return true;
  }

  isConnected(client: string): boolean {
    return this.connectionsOf(deviceOf(client)).some((one) => one.client === client);
  }

  connectionsOf(device: string): readonly Joined[] {
    return [...(this.#devices.get(device)?.joined ?? [])];
  }

  /** @returns false when the client has as many subscriptions as it may have. */
  subscribe(client: string, filter: string): boolean {
    const filters = this.#filters.get(client) ?? new Set();
    if (!filters.has(filter) && filters.size >= BROKER_SUBSCRIPTIONS_PER_CLIENT_MAX) return false;
    this.#filters.set(client, filters.add(filter));
    return true;
  }

  unsubscribe(client: string, filters: readonly string[]): void {
    for (const filter of filters) this.#filters.get(client)?.delete(filter);
  }

  hasFilter(client: string, filter: string): boolean {
    return this.#filters.get(client)?.has(filter) === true;
  }

  /** Connected devices by name, each with the ways it came. */
  describe(): readonly { readonly device: string; readonly ways: readonly string[] }[] {
    return [...this.#devices].map(([device, { joined }]) => ({
      device,
      ways: [...joined].map(({ connection }) => connection.way),
    }));
  }
}
