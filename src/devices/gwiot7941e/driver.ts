import { SerialReader, type SerialReaderOptions } from '../serial-reader.ts';
import { BAUD_RATE } from './constants.ts';
import { Gwiot7941eParser } from './parser.ts';

/** A GWIOT 7941E on a serial port. It reports the low 32 bits of a card. */
export class Gwiot7941eReader extends SerialReader {
  /** @throws bad_serial_options */
  constructor(options: SerialReaderOptions) {
    super(options, BAUD_RATE, (onCredential) => new Gwiot7941eParser(onCredential));
  }
}
