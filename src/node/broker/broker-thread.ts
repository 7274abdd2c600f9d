import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../base/errors.ts';
import {
  BROKER_CALL_MS_MAX,
  BROKER_HEAP_MB_MAX,
  BROKER_THREAD_STOP_MS_MAX,
  BROKER_YOUNG_MB_MAX,
} from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';
import type { Message } from '../../broker/message.ts';
import type { Log } from '../../sandbox/log.ts';
import { brokerDown, ThreadCalls } from './thread-calls.ts';
import {
  type BookEntry,
  type BrokerApi,
  type BrokerThreadData,
  bytesOfMessage,
  errorFrom,
  type FromBroker,
  type ToBroker,
} from './thread-messages.ts';

export interface BrokerThreadParts {
  readonly data: BrokerThreadData;
  readonly clock: Clock;
  readonly log: Log;
  /** Its file is open, and it does what it is told. */
  readonly onReady: () => void;
  /** Runs once, when it has ended and nobody stopped it: it could not start, or it died. */
  readonly onEnd: (error: Error) => void;
  /** What runs in it; the broker when absent. */
  readonly main?: string;
}

/**
 * The broker in a thread of its own. Encryption, parsing, commits and what a flood costs happen there, and the thread
 * that reads badges only hears what it has subscribed to. What is said before it is ready waits for it.
 */
export class BrokerThread {
  readonly #parts: BrokerThreadParts;
  readonly #worker: Worker;
  readonly #calls: ThreadCalls;
  readonly #hearers = new Map<number, (message: Message) => void>();
  readonly #connected = new Set<string>();
  #hearersEver = 0;
  #isStopping = false;
  /** Why it ended. */
  #ended: Error | null = null;

  constructor(parts: BrokerThreadParts) {
    this.#parts = parts;
    this.#calls = new ThreadCalls(parts.clock);
    // Beside this file and of its kind: a release has JavaScript.
    const main = parts.main ?? join(import.meta.dirname, `broker-main${extname(import.meta.filename)}`);
    this.#worker = new Worker(main, {
      name: 'broker',
      workerData: parts.data,
      // More than the caps of a broker come to: one that needs more than this has a leak, and only it dies of that.
      resourceLimits: { maxOldGenerationSizeMb: BROKER_HEAP_MB_MAX, maxYoungGenerationSizeMb: BROKER_YOUNG_MB_MAX },
    });
    this.#worker.on('message', (message: FromBroker) => this.#take(message));
    this.#worker.on('error', (error: unknown) => this.#end(messageOf(error)));
    this.#worker.on('exit', () => this.#end('it ended'));
  }

  /** @throws broker_down, broker_busy, broker_deaf; what the call itself does. */
  async call<Name extends keyof BrokerApi>(
    name: Name,
    words: Parameters<BrokerApi[Name]>,
    waitMs: number = BROKER_CALL_MS_MAX,
  ): Promise<Awaited<ReturnType<BrokerApi[Name]>>> {
    if (this.#ended !== null) throw this.#ended;
    const value = await this.#calls.ask(name, waitMs, (id) => this.#say({ type: 'call', id, name, words } as ToBroker));
    // An answer is that of its call, by the type of the calls.
    return value as Awaited<ReturnType<BrokerApi[Name]>>;
  }

  /** As `Broker.subscribe`, but that the retained messages come later. @returns a function that ends it. */
  subscribe(filter: string, hear: (message: Message) => void): () => void {
    this.#hearersEver += 1;
    const id = this.#hearersEver;
    this.#hearers.set(id, hear);
    this.#say({ type: 'subscribe', id, filter });
    return () => {
      if (this.#hearers.delete(id)) this.#say({ type: 'unsubscribe', id });
    };
  }

  isConnected(device: string): boolean {
    return this.#connected.has(device);
  }

  /** @param isCutOff whether its connections end: it has another password, or is none any more. */
  tellOf(entry: BookEntry, isCutOff: boolean): void {
    this.#say({ type: 'book', entry, isCutOff });
  }

  /** Resolves when its file is closed, or when that takes too long. Idempotent. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    // One that does not answer is ended all the same; its file stands that as it stands a kill.
    await this.call('stop', [], BROKER_THREAD_STOP_MS_MAX).catch(() => {});
    await this.#worker.terminate();
  }

  #say(message: ToBroker): void {
    if (this.#ended === null) this.#worker.postMessage(message);
  }

  #take(message: FromBroker): void {
    switch (message.type) {
      case 'ready':
        this.#parts.onReady();
        return;
      case 'failed':
        this.#end(message.error.message, errorFrom(message.error));
        return;
      case 'answer':
        this.#calls.answer(message.id, message.value);
        return;
      case 'refusal':
        this.#calls.refuse(message.id, errorFrom(message.error));
        return;
      case 'message':
        this.#say({ type: 'heard', bytes: bytesOfMessage(message.message) });
        this.#hearers.get(message.id)?.(message.message);
        return;
      case 'presence':
        this.#connected[message.isConnected ? 'add' : 'delete'](message.device);
        return;
      case 'log':
        this.#parts.log[message.level](message.fields, message.message);
        return;
    }
  }

  #end(why: string, error: Error = brokerDown(why)): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    this.#connected.clear();
    this.#hearers.clear();
    this.#calls.refuseAll(brokerDown(why));
    if (this.#isStopping) return;
    void this.#worker.terminate();
    this.#parts.onEnd(error);
  }
}
