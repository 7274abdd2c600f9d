import { CodedError, codeOf, type ErrorFields, messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Way } from '../../broker/connection.ts';
import type { Device } from '../../broker/devices.ts';
import type { Message } from '../../broker/message.ts';
import type { KeyPair } from './openssl.ts';

/** What the node and the thread of its broker say to each other. All of it arrives, in the order in which it was said. */

/** A device as the broker is to know it. */
export interface BookEntry {
  readonly name: string;
  /** Null: it is none any more. */
  readonly device: Device | null;
  /** Whether a door has its name. */
  readonly isOurs: boolean;
}

/** What the thread is started with. */
export interface BrokerThreadData {
  /** `broker.db`. */
  readonly storePath: string;
  /** `[broker] base`. */
  readonly base: string;
  readonly book: readonly BookEntry[];
}

/** One listener. */
export interface Where {
  readonly way: Way;
  readonly at: { readonly address: string } | { readonly interface: string };
  /** 0: any that is free. */
  readonly port: number;
  /** Of the way `tls`. */
  readonly tls?: KeyPair;
}

export interface PublishOptions {
  readonly retain: boolean;
  readonly qos: 0 | 1 | 2;
}

/** What the node asks of the thread, and is answered. */
export interface BrokerApi {
  /** As `Broker.publish`. */
  publish(topic: string, payload: string, options: PublishOptions): Promise<void>;
  /** What is retained at the topics that `filter` picks. */
  retained(filter: string): Promise<readonly Message[]>;
  /** As `Broker.useNonce`. */
  useNonce(nonce: string, expires: number, nowMs: number): Promise<void>;
  /** Resolves when it listens, or when it will be tried again later. */
  listen(where: Where): Promise<void>;
  /** New connections by TLS get these. */
  setTls(pair: KeyPair): Promise<void>;
  describe(): Promise<JsonObject>;
  /** Ends every connection and closes the file. Nothing is asked after it. */
  stop(): Promise<void>;
}

type Call = {
  readonly [Name in keyof BrokerApi]: {
    readonly type: 'call';
    readonly id: number;
    readonly name: Name;
    readonly words: Parameters<BrokerApi[Name]>;
  };
}[keyof BrokerApi];

export type ToBroker =
  | Call
  /** @see BookEntry. `isCutOff`: whoever is connected as this device has to log in anew. */
  | { readonly type: 'book'; readonly entry: BookEntry; readonly isCutOff: boolean }
  | { readonly type: 'subscribe'; readonly id: number; readonly filter: string }
  | { readonly type: 'unsubscribe'; readonly id: number }
  /** A message of so many bytes was taken. */
  | { readonly type: 'heard'; readonly bytes: number };

export type FromBroker =
  /** The file is open, and wills of an earlier life are out. */
  | { readonly type: 'ready' }
  /** It could not start. */
  | { readonly type: 'failed'; readonly error: ErrorParts }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly error: ErrorParts }
  /** A message that subscription `id` picks. */
  | { readonly type: 'message'; readonly id: number; readonly message: Message }
  /** The first connection of a device is there, or its last one has gone. */
  | { readonly type: 'presence'; readonly device: string; readonly isConnected: boolean }
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly fields: object; readonly message: string };

/** A coded error, in what threads can hand over. */
interface ErrorParts {
  readonly code: string;
  readonly message: string;
  readonly fields: ErrorFields;
  readonly advice: string | undefined;
}

export function errorParts(error: unknown): ErrorParts {
  const { fields = {}, advice }: Partial<CodedError> = error instanceof CodedError ? error : {};
  return { code: codeOf(error) ?? 'broker_failed', message: messageOf(error), fields, advice };
}

export function errorFrom({ code, message, fields, advice }: ErrorParts): CodedError {
  return new CodedError(code, message, { fields, ...(advice === undefined ? {} : { advice }) });
}

/** Bytes that a message takes while it waits to be heard. */
export function bytesOfMessage({ topic, payload }: Message): number {
  return topic.length + payload.length;
}
