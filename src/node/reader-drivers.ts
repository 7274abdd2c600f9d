import { Gwiot7941eReader } from '../devices/gwiot7941e/driver.ts';
import { encodeFrame as encodeGwiot } from '../devices/gwiot7941e/frame.ts';
import { KeyboardReader } from '../devices/keyboard/driver.ts';
import { Pn532Reader } from '../devices/pn532/driver.ts';
import { Rdm6300Reader } from '../devices/rdm6300/driver.ts';
import { encodeFrame as encodeRdm6300 } from '../devices/rdm6300/frame.ts';
import type { Reader, ReaderOptions } from '../devices/reader.ts';
import { WiegandReader } from '../devices/wiegand/driver.ts';
import type { ReaderConfig } from './reader-schema.ts';
import type { WiegandFeed } from './wiegand-feed.ts';

/** The reader that one table of `blockmesh.toml` describes. */
export function readerFor(config: ReaderConfig, options: ReaderOptions, wiegand: WiegandFeed): Reader {
  switch (config.driver) {
    case 'rdm6300':
    case 'id12':
      return new Rdm6300Reader({ ...options, path: config.port, baudRate: config.baud });
    case 'gwiot7941e':
      return new Gwiot7941eReader({ ...options, path: config.port, baudRate: config.baud });
    case 'pn532':
      return new Pn532Reader({
        ...options,
        path: config.port,
        baudRate: config.baud,
        byteOrder: config.byte_order,
      });
    case 'keyboard':
      return new KeyboardReader({ ...options, path: config.path, format: config.format });
    case 'wiegand': {
      const { format, oem, keypad, key_codes, pin } = config;
      const source = wiegand.source(options.name);
      return new WiegandReader({ ...options, source, format, oem, keypad, keyCodes: key_codes, pin });
    }
  }
}

/** What a virtual reader's line carries for a card, and how many bits of it the reader then reports. */
export interface FedFrame {
  readonly frame: Uint8Array;
  readonly bits: number;
}

/** @param value of a card with at most 40 bits. Null: the driver's readers send nothing by themselves. */
export function fedFrame(driver: ReaderConfig['driver'], value: bigint): FedFrame | null {
  switch (driver) {
    case 'rdm6300':
    case 'id12':
      return { frame: encodeRdm6300(value), bits: 40 };
    case 'gwiot7941e':
      return { frame: encodeGwiot(value), bits: 32 };
    default:
      return null;
  }
}
