import type { CodedError } from '../../base/errors.ts';
import type { MqttMessage } from './message.ts';

/** What the broker tells the driver of one device of the ledger. */
export interface MqttListener {
  /** A message of that device, and of nobody else. */
  readonly onMessage: (message: MqttMessage) => void;
  /** Whether the device's messages can come. Called once at the start too; `cause` tells why they cannot. */
  readonly onState: (state: 'open' | 'lost', cause?: CodedError) => void;
}

/** The way to one device. */
export interface MqttLink {
  /** Where the device has its topics, as the ledger has it now; empty when it is not there. */
  readonly topic: string;
  /** Whether the device is connected now. */
  readonly isConnected: boolean;
  /** @returns a function that ends it. */
  listen(listener: MqttListener): () => void;
  /**
   * Sends a message to the device as it is connected now; nothing is kept for one that is not, for an order that
   * arrives late is another order.
   */
  send(topic: string, payload: string): void;
}
