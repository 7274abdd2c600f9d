import type { Client } from 'aedes';
import { BROKER_SEEN_MAX } from '../base/limits.ts';
import type { Packet } from './packets.ts';

/**
 * The numbers of the messages that one client was sent last, so that a message which two of its subscriptions pick is
 * sent once. Aedes takes whatever has a lower number than the last one for a copy. Ours do not leave in the order of
 * their numbers: a message of QoS 1 is numbered, then committed, then sent, and others overtake it meanwhile.
 */
export class SeenNumbers {
  readonly #broker: string;
  /** Of this life of the broker, the oldest overwritten first. In one piece, for there are hundreds of clients. */
  #numbers: Float64Array | null = null;
  #next = 0;
  /** Of earlier lives, with their broker: few, for those messages come from a queue and nothing follows them. */
  readonly #earlier = new Set<string>();

  /** @param broker the id of this life. Numbers begin anew in each, and messages of an earlier one may still come. */
  constructor(broker: string) {
    this.#broker = broker;
  }

  /** Puts itself in the place of aedes' own memory, which from now on knows of no copy. */
  static of(client: Client, broker: string): SeenNumbers {
    // `client.duplicates[broker]`, read and then set for each message (aedes 1.2, lib/client.js, `dedupe`).
    Object.assign(client, { duplicates: new Proxy({}, { get: () => 0, set: () => true }) });
    return new SeenNumbers(broker);
  }

  /** Whether a message is to be sent: it was not among the last BROKER_SEEN_MAX. One without a number always is. */
  isNew({ brokerId = '', brokerCounter }: Packet): boolean {
    if (brokerCounter === undefined) return true;
    return brokerId === this.#broker ? this.#note(brokerCounter) : this.#noteEarlier(`${brokerId} ${brokerCounter}`);
  }

  #note(number: number): boolean {
    this.#numbers ??= new Float64Array(BROKER_SEEN_MAX).fill(-1);
    if (this.#numbers.includes(number)) return false;
    this.#numbers[this.#next] = number;
    this.#next = (this.#next + 1) % BROKER_SEEN_MAX;
    return true;
  }

  #noteEarlier(name: string): boolean {
    if (this.#earlier.has(name)) return false;
    const [oldest] = this.#earlier;
    if (this.#earlier.size >= BROKER_SEEN_MAX && oldest !== undefined) this.#earlier.delete(oldest);
    this.#earlier.add(name);
    return true;
  }
}
