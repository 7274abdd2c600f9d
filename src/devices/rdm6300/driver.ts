import { BadgeGate, type Reader, type ReaderOptions, type ReaderStats } from '../reader.ts';
import { SerialSource } from '../serial.ts';
import { BAUD_RATE } from './constants.ts';
import { Rdm6300Parser } from './parser.ts';

interface Rdm6300Options extends ReaderOptions {
  /** A serial device, such as `/dev/serial0`; better a name that stays, as under `/dev/serial/by-path/`. */
  readonly path: string;
  /** Default 9600. */
  readonly baudRate?: number;
}

/** An RDM6300, ID-12 or ID-20 on a serial port. */
export class Rdm6300Reader implements Reader {
  readonly name: string;
  readonly #gate: BadgeGate;
  readonly #parser: Rdm6300Parser;
  readonly #serial: SerialSource;
  #receivedNs = 0n;

  /** @throws bad_serial_options */
  constructor(options: Rdm6300Options) {
    this.name = options.name;
    this.#gate = new BadgeGate(options);
    this.#parser = new Rdm6300Parser((credential) => this.#gate.pass(credential, this.#receivedNs));
    this.#serial = new SerialSource({
      path: options.path,
      baudRate: options.baudRate ?? BAUD_RATE,
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
    return {
      ...this.#gate.counts,
      refused: this.#parser.refused,
      strayBytes: this.#parser.strayBytes,
      bufferedBytes: this.#parser.bufferedBytes,
      throttled: this.#serial.throttled,
    };
  }
}
