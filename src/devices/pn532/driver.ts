import type { CodedError } from '../../base/errors.ts';
import { SERIAL_REOPEN_DELAY_MS_MAX, SERIAL_REOPEN_DELAY_MS_MIN } from '../../base/limits.ts';
import { BadgeGate, type Reader, type ReaderState, type ReaderStats } from '../reader.ts';
import { SerialSource } from '../serial.ts';
import type { SerialReaderOptions } from '../serial-reader.ts';
import { BAUD_RATE } from './constants.ts';
import { Pn532Parser } from './parser.ts';
import { Pn532Session } from './session.ts';
import { type ByteOrder, decodeTarget, TARGET_FAULTS, type TargetFault } from './target.ts';

interface Pn532Options extends SerialReaderOptions {
  /** Default `as-sent`. */
  readonly byteOrder?: ByteOrder;
}

/**
 * A PN532 on a serial port, set to HSU. It is `open` once the chip has answered, not the port alone; a chip that falls
 * silent is `lost`, and asked again after `SERIAL_REOPEN_DELAY_MS_MIN`, then twice that, and so on to
 * `SERIAL_REOPEN_DELAY_MS_MAX`, until it answers.
 */
export class Pn532Reader implements Reader {
  readonly name: string;
  readonly #options: Pn532Options;
  readonly #gate: BadgeGate;
  readonly #parser: Pn532Parser;
  readonly #serial: SerialSource;
  readonly #refused: Record<TargetFault, number>;
  readonly #tried = Promise.withResolvers<void>();
  #session: Pn532Session | undefined;
  #state: ReaderState | 'new' = 'new';
  #isStopped = false;
  #receivedNs = 0n;
  #delayMs = SERIAL_REOPEN_DELAY_MS_MIN;
  #cancelRetry: () => void = () => undefined;

  /** @throws bad_serial_options */
  constructor(options: Pn532Options) {
    this.name = options.name;
    this.#options = options;
    this.#gate = new BadgeGate(options);
    this.#refused = Object.fromEntries(TARGET_FAULTS.map((fault) => [fault, 0])) as Record<TargetFault, number>;
    this.#parser = new Pn532Parser((message) => this.#session?.hear(message));
    this.#serial = new SerialSource({
      path: options.path,
      baudRate: options.baudRate ?? BAUD_RATE,
      clock: options.clock,
      onBytes: (bytes, receivedNs) => {
        this.#receivedNs = receivedNs;
        this.#parser.push(bytes);
      },
      onState: (state, cause) => {
        this.#hangUp();
        if (state === 'open') this.#converse();
        else this.#tell('lost', cause);
      },
    });
  }

  /** Resolves when the chip has answered or is known not to. */
  async start(): Promise<void> {
    await this.#serial.start();
    await this.#tried.promise;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#hangUp();
    this.#tried.resolve();
    await this.#serial.stop();
  }

  stats(): ReaderStats {
    const { refused, strayBytes, bufferedBytes } = this.#parser;
    const all = { ...refused, ...this.#refused };
    return { ...this.#gate.counts, refused: all, strayBytes, bufferedBytes, throttled: this.#serial.throttled };
  }

  #converse(): void {
    const { clock, byteOrder = 'as-sent' } = this.#options;
    const session = new Pn532Session({
      clock,
      write: (bytes) => this.#serial.write(bytes),
      onReady: () => this.#tell('open'),
      onTarget: (data) => {
        // Only now: a chip that is set up and then says no more is not asked ten times a second.
        this.#delayMs = SERIAL_REOPEN_DELAY_MS_MIN;
        const card = decodeTarget(data, byteOrder);
        if (typeof card === 'string') this.#refused[card] += 1;
        else if (card !== null) this.#gate.pass(card, this.#receivedNs);
      },
      onFailed: (error) => {
        // What was cut off by the silence would swallow the next answer.
        this.#parser.reset();
        this.#cancelRetry = clock.after(this.#delayMs, () => this.#converse());
        this.#delayMs = Math.min(this.#delayMs * 2, SERIAL_REOPEN_DELAY_MS_MAX);
        this.#tell('lost', error);
      },
    });
    this.#session = session;
    session.start();
  }

  #hangUp(): void {
    this.#cancelRetry();
    this.#session?.stop();
    this.#session = undefined;
    this.#parser.reset();
  }

  #tell(state: ReaderState, cause?: CodedError): void {
    this.#tried.resolve();
    if (this.#isStopped || this.#state === state) return;
    this.#state = state;
    this.#options.onState(state, cause);
  }
}
