import type { ByteParser } from './byte-parser.ts';
import type { Credential } from './credential.ts';
import { BadgeGate, type Reader, type ReaderOptions, type ReaderStats } from './reader.ts';
import { SerialSource } from './serial.ts';

export interface SerialReaderOptions extends ReaderOptions {
  /** A serial device, such as `/dev/serial0`; better a name that stays, as under `/dev/serial/by-path/`. */
  readonly path: string;
  /** Default: that of the family. */
  readonly baudRate?: number;
}

/** A reader that sends a frame by itself for each card, as long as it lies there. */
export class SerialReader implements Reader {
  readonly name: string;
  readonly #gate: BadgeGate;
  readonly #parser: ByteParser;
  readonly #serial: SerialSource;
  #receivedNs = 0n;

  /** @throws bad_serial_options */
  constructor(
    options: SerialReaderOptions,
    baudRate: number,
    parserFor: (onCredential: (credential: Credential) => void) => ByteParser,
  ) {
    this.name = options.name;
    this.#gate = new BadgeGate(options);
    this.#parser = parserFor((credential) => this.#gate.pass(credential, this.#receivedNs));
    this.#serial = new SerialSource({
      path: options.path,
      baudRate: options.baudRate ?? baudRate,
      clock: options.clock,
      onBytes: (bytes, receivedNs) => {
        this.#receivedNs = receivedNs;
        this.#parser.push(bytes);
      },
      onState: (state, cause) => {
        this.#parser.reset();
        options.onState(state, cause);
      },
    });
  }

  start(): Promise<void> {
    return this.#serial.start();
  }

  stop(): Promise<void> {
    return this.#serial.stop();
  }

  stats(): ReaderStats {
    const { refused, strayBytes, bufferedBytes } = this.#parser;
    return { ...this.#gate.counts, refused, strayBytes, bufferedBytes, throttled: this.#serial.throttled };
  }
}
