import { BROKER_UNHEARD_BYTES_MAX, BROKER_UNHEARD_MAX } from '../../base/limits.ts';
import type { Broker } from '../../broker/broker.ts';
import type { Message } from '../../broker/message.ts';
import { bytesOfMessage } from './thread-messages.ts';

/**
 * What the node has subscribed to, in the broker's thread. What the node does not take in time is bounded: over it a
 * message is dropped and told, as one to a client whose queue is full.
 */
export class BrokerEars {
  readonly #broker: Broker;
  readonly #send: (id: number, message: Message) => void;
  readonly #ends = new Map<number, () => void>();
  #unheard = 0;
  #unheardBytes = 0;

  /** @param send hands a message over; the message may be taken apart for it. */
  constructor(broker: Broker, send: (id: number, message: Message) => void) {
    this.#broker = broker;
    this.#send = send;
  }

  subscribe(id: number, filter: string): void {
    let isOver = false;
    const end = this.#broker.subscribe(filter, (message) => {
      // One may still be on its way when nobody listens any more.
      if (!isOver) this.#pass(id, message);
    });
    this.#ends.set(id, () => {
      isOver = true;
      end();
    });
  }

  unsubscribe(id: number): void {
    this.#ends.get(id)?.();
    this.#ends.delete(id);
  }

  /** The node has taken a message of so many bytes. */
  heard(bytes: number): void {
    this.#unheard -= 1;
    this.#unheardBytes -= bytes;
  }

  #pass(id: number, message: Message): void {
    const bytes = bytesOfMessage(message);
    if (this.#unheard >= BROKER_UNHEARD_MAX || this.#unheardBytes + bytes > BROKER_UNHEARD_BYTES_MAX) {
      const who = message.device ?? 'this node';
      this.#broker.drops.add('node_busy', who, 'the node did not take it in time; a message to it is lost');
      return;
    }
    this.#unheard += 1;
    this.#unheardBytes += bytes;
    this.#send(id, message);
  }
}
