import {
  BROKER_ADDRESSES_MAX,
  BROKER_CONNECTIONS_MAX,
  BROKER_CONNECTIONS_PER_ADDRESS_MAX,
  BROKER_NEW_CONNECTIONS_PER_ADDRESS_PER_S_MAX,
  BROKER_NEW_CONNECTIONS_PER_S_MAX,
  BROKER_UNKNOWN_CONNECTIONS_MAX,
} from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import { Bucket } from './bucket.ts';

/** An address may open all its connections at once after a cut, and then so many a second. */
const ADDRESS_BURST = BROKER_CONNECTIONS_PER_ADDRESS_MAX;
const BURST = 2 * BROKER_NEW_CONNECTIONS_PER_S_MAX;

interface Address {
  connections: number;
  readonly bucket: Bucket;
}

/** A connection that was let in. */
export interface Ticket {
  /** Its client has said who it is. */
  known(): void;
  /** It is over. Idempotent. */
  leave(): void;
}

/** Who may connect at all, before a byte is read or a key is used: floods end here, each at its own address first. */
export class Admission {
  readonly #clock: Clock;
  readonly #addresses = new Map<string, Address>();
  readonly #bucket: Bucket;
  #connections = 0;
  #unknown = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = new Bucket(BROKER_NEW_CONNECTIONS_PER_S_MAX, BURST, clock.monotonicMs());
  }

  get connections(): number {
    return this.#connections;
  }

  /** @returns the code with which it is refused, or the ticket. */
  admit(remote: string): Ticket | string {
    const nowMs = this.#clock.monotonicMs();
    const name = networkOf(remote);
    const address = this.#addresses.get(name) ?? this.#newAddress(name, nowMs);
    if (address === null) return 'addresses_full';
    if (address.connections >= BROKER_CONNECTIONS_PER_ADDRESS_MAX) return 'address_connections';
    // What an address has too many of takes nothing from the others.
    if (!address.bucket.take(nowMs)) return 'address_rate';
    if (this.#connections >= BROKER_CONNECTIONS_MAX) return 'connections_full';
    if (this.#unknown >= BROKER_UNKNOWN_CONNECTIONS_MAX) return 'unknown_full';
    if (!this.#bucket.take(nowMs)) return 'connections_rate';
    return this.#ticket(address);
  }

  #ticket(address: Address): Ticket {
    let [isUnknown, isOver] = [true, false];
    address.connections += 1;
    this.#connections += 1;
    this.#unknown += 1;
    const known = () => {
      if (isUnknown) this.#unknown -= 1;
      isUnknown = false;
    };
    const leave = () => {
      known();
      if (isOver) return;
      isOver = true;
      address.connections -= 1;
      this.#connections -= 1;
    };
    return { known, leave };
  }

  /** Null when too many addresses are at it. */
  #newAddress(name: string, nowMs: number): Address | null {
    if (this.#addresses.size >= BROKER_ADDRESSES_MAX) this.#sweep(nowMs);
    if (this.#addresses.size >= BROKER_ADDRESSES_MAX) return null;
    const bucket = new Bucket(BROKER_NEW_CONNECTIONS_PER_ADDRESS_PER_S_MAX, ADDRESS_BURST, nowMs);
    const address = { connections: 0, bucket };
    this.#addresses.set(name, address);
    return address;
  }

  #sweep(nowMs: number): void {
    for (const [name, { connections, bucket }] of this.#addresses) {
      if (connections === 0 && bucket.isFull(nowMs)) this.#addresses.delete(name);
    }
  }
}

/** One network of IPv6 has more addresses than anybody can count: its /64 is one address here. */
function networkOf(remote: string): string {
  const plain = remote.replace(/^::ffff:/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail === undefined ? [] : tail.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0');
  return [...groups, ...zeros, ...after].slice(0, 4).join(':');
}
