import { Gwiot7941eReader } from '../devices/gwiot7941e/driver.ts';
import { encodeFrame as encodeGwiot } from '../devices/gwiot7941e/frame.ts';
import { KeyboardReader } from '../devices/keyboard/driver.ts';
import { MqttReader } from '../devices/mqtt/driver.ts';
import * as espRfid from '../devices/mqtt/esp-rfid.ts';
import * as esphome from '../devices/mqtt/esphome.ts';
import type { MqttMessage } from '../devices/mqtt/message.ts';
import * as tasmota from '../devices/mqtt/tasmota.ts';
import { Pn532Reader } from '../devices/pn532/driver.ts';
import { Rdm6300Reader } from '../devices/rdm6300/driver.ts';
import { encodeFrame as encodeRdm6300 } from '../devices/rdm6300/frame.ts';
import type { Reader, ReaderOptions } from '../devices/reader.ts';
import { WiegandReader } from '../devices/wiegand/driver.ts';
import type { MqttLinks } from './broker/mqtt-links.ts';
import type { ReaderConfig } from './reader-schema.ts';
import type { WiegandFeed } from './wiegand-feed.ts';

/** What readers hear that have no line of their own. */
export interface ReaderSources {
  readonly wiegand: WiegandFeed;
  readonly mqtt: MqttLinks;
}

/** The reader that one table of `blockmesh.toml` describes. */
export function readerFor(config: ReaderConfig, options: ReaderOptions, { wiegand, mqtt }: ReaderSources): Reader {
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
    case 'tasmota': {
      const link = mqtt.link(config.device);
      return new MqttReader({ ...options, link, hear: (message) => tasmota.hearReader(link.topic, message) });
    }
    case 'esp-rfid': {
      const { device, family } = config;
      const link = mqtt.link(device);
      return new MqttReader({ ...options, link, hear: (message) => espRfid.hearReader(link.topic, family, message) });
    }
    case 'esphome':
    case 'mqtt': {
      const { device, family, topic } = config;
      const hear = (message: MqttMessage) => esphome.hearReader(topic, family, message);
      return new MqttReader({ ...options, link: mqtt.link(device), hear });
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
