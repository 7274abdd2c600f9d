import { SerialReader, type SerialReaderOptions } from '../serial-reader.ts';
import { BAUD_RATE } from './constants.ts';
import { Rdm6300Parser } from './parser.ts';

/**
 * An RDM6300, or an ID-12 or ID-20 on a serial port. Their frames differ by a CR LF that `decodeFrame` takes or leaves:
 * sold under either name there are modules of either kind, so that both names in the configuration mean this driver.
 */
export class Rdm6300Reader extends SerialReader {
  /** @throws bad_serial_options */
  constructor(options: SerialReaderOptions) {
    super(options, BAUD_RATE, (onCredential) => new Rdm6300Parser(onCredential));
  }
}
