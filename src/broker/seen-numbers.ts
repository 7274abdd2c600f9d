import type { Client } from 'aedes';
import { BROKER_SEEN_MAX } from '../base/limits.ts';
import type { Packet } from './packets.ts';

/**
 * The numbers of the messages that one client was sent last, so that a message which two of its subscriptions pick is
 * sent once. Aedes takes whatever has a lower number than the last one for a copy. Ours do not leave in the order of
 * their numbers: a message of QoS 1 is numbered, then committed, then sent, and others overtake it meanwhile.
 */
export class SeenNumbers {
  readonly #seen = new Set<string>();

  /** Puts itself in the place of aedes' own memory, which from now on knows of no copy. */
  static of(client: Client): SeenNumbers {
    // `client.duplicates[broker]`, read and then set for each message (aedes 1.2, lib/client.js, `dedupe`).
    Object.assign(client, { duplicates: new Proxy({}, { get: () => 0, set: () => true }) });
    return new SeenNumbers();
  }

  /**
   * Whether a message is to be sent: it was not among the last BROKER_SEEN_MAX. One without a number always is. Numbers
   * begin anew in each life of the broker, and messages of an earlier one may still be on their way.
   */
  isNew({ brokerId = '', brokerCounter }: Packet): boolean {
    if (brokerCounter === undefined) return true;
    const number = `${brokerId} ${brokerCounter}`;
    if (this.#seen.has(number)) return false;
    const [oldest] = this.#seen;
    if (this.#seen.size >= BROKER_SEEN_MAX && oldest !== undefined) this.#seen.delete(oldest);
    this.#seen.add(number);
    return true;
  }
}
