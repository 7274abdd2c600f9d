import { Readable } from 'node:stream';
import { CodedError } from '../base/errors.ts';
import type { ClientName, Packet } from './packets.ts';
import { SessionPersistence } from './session-persistence.ts';

/** What a persistence needs of the broker it serves. */
export interface ServedBroker {
  readonly id: string;
  counter?: number;
}

/**
 * The store under the names that aedes calls (aedes-persistence, whose abstract suite this passes). Each method does
 * its work at once and resolves when that is committed.
 */
export class Persistence extends SessionPersistence {
  broker: ServedBroker = { id: '' };

  async setup(broker: ServedBroker): Promise<void> {
    this.broker = broker;
  }

  async storeRetained(packet: Packet): Promise<void> {
    if (this.store.isAhead(packet)) return;
    await this.store.write(() => this.store.storeRetained(packet));
  }

  /** The device that published what is retained at `topic`; null: this node, or nothing is. */
  retainedBy(topic: string): string | null {
    return this.store.retained.publisherOf(topic);
  }

  createRetainedStream(filter: string): Readable {
    return Readable.from(this.store.retained.matching([filter]));
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.store.retained.matching(filters));
  }

  /** Numbers a message as aedes would, so that it is known again when aedes asks for it to be queued. */
  number(packet: Packet): void {
    this.broker.counter = (this.broker.counter ?? 0) + 1;
    packet.brokerId = this.broker.id;
    packet.brokerCounter = this.broker.counter;
  }

  /** Keeps a numbered message for all who are to get it; it may be acknowledged when this resolves. */
  async enqueueAhead(packet: Packet): Promise<void> {
    await this.store.enqueueAhead(packet);
  }

  /** With the message in every queue where it is numbered: one that is known but was never passed on would be lost. */
  async incomingStorePacket({ id }: ClientName, packet: Packet): Promise<void> {
    // One turn, so one commit.
    const stored = this.store.write(() => this.store.packets.storeIncoming(id, packet));
    const enqueued = packet.brokerCounter === undefined ? undefined : this.store.enqueueAhead(packet);
    await Promise.all([stored, enqueued]);
  }

  /** @throws no_such_packet. */
  async incomingGetPacket({ id }: ClientName, { messageId = 0 }: Packet): Promise<Packet> {
    const packet = this.store.packets.incoming(id, messageId);
    if (packet === undefined) throw noPacket(id, messageId);
    return packet;
  }

  /** @throws no_such_packet. */
  async incomingDelPacket({ id }: ClientName, { messageId = 0 }: Packet): Promise<void> {
    let wasThere = false;
    await this.store.write(() => {
      wasThere = this.store.packets.deleteIncoming(id, messageId);
    });
    if (!wasThere) throw noPacket(id, messageId);
  }

  async cleanIncoming({ id }: ClientName): Promise<void> {
    await this.store.write(() => this.store.packets.cleanIncoming(id));
  }

  async putWill({ id }: ClientName, packet: Packet): Promise<void> {
    packet.brokerId = this.broker.id;
    packet.clientId = id;
    await this.store.write(() => this.store.packets.storeWill(id, this.broker.id, packet));
  }

  async getWill({ id }: ClientName): Promise<Packet | undefined> {
    return this.store.packets.will(id);
  }

  async delWill({ id }: ClientName): Promise<Packet | undefined> {
    const will = this.store.packets.will(id);
    if (will !== undefined) await this.store.write(() => this.store.packets.deleteWill(id));
    return will;
  }

  /** Those that were left with brokers (by id) that are not named. */
  streamWill(brokers: Readonly<Record<string, unknown>> = {}): Readable {
    const wills = this.store.packets.wills().filter(({ broker }) => !Object.hasOwn(brokers, broker));
    return Readable.from(wills.map(({ will }) => will));
  }

  async destroy(): Promise<void> {
    this.store.close();
  }
}

function noPacket(client: string, messageId: number): CodedError {
  return new CodedError('no_such_packet', `no message ${messageId} of ${client} is kept`, { fields: { messageId } });
}
