import type { TypedFormat } from '../devices/keyboard/frame.ts';
import { OEM_DEFAULT, WIEGAND_LAYOUTS, type WiegandFormat } from '../devices/wiegand/formats.ts';
import { KEY_CODES_DEFAULT } from '../devices/wiegand/keypad.ts';
import { type MqttReaderConfig, mqttTables } from './mqtt-reader-schema.ts';
import { pinOffset, pinWord, table, text } from './schema-parts.ts';

interface SerialConfig {
  readonly port: string;
  readonly baud: number;
}

/** A reader that sends by itself. */
interface SendingReaderConfig extends SerialConfig {
  readonly driver: 'rdm6300' | 'id12' | 'gwiot7941e';
  /** The other end of a virtual reader's line, where `badge test` writes; absent for real ones. */
  readonly feed?: string;
}

interface Pn532Config extends SerialConfig {
  readonly driver: 'pn532';
  readonly byte_order: 'as-sent' | 'reversed';
}

export interface WiegandConfig {
  readonly driver: 'wiegand';
  readonly chip?: string;
  /** Lines by name; else by their offset on the chip. */
  readonly d0?: string;
  readonly d1?: string;
  readonly d0_offset?: number;
  readonly d1_offset?: number;
  readonly gap_ms: number;
  readonly format: WiegandFormat | 'none';
  readonly oem: number;
  readonly keypad: 'none' | '4-bit' | '8-bit';
  readonly key_codes: readonly number[];
  readonly pin: 'none' | 'before' | 'after';
}

interface KeyboardConfig {
  readonly driver: 'keyboard';
  /** An event device, best a name below /dev/input/by-id. */
  readonly path: string;
  readonly format: TypedFormat;
}

export type ReaderConfig = MqttReaderConfig | SendingReaderConfig | Pn532Config | WiegandConfig | KeyboardConfig;

const baud = (usual: number) => ({ type: 'integer', minimum: 300, maximum: 4_000_000, default: usual });

const sending = (driver: string) =>
  table({ driver: { const: driver }, port: text, baud: baud(9600), feed: text }, ['port']);

const wiegand = () => ({
  ...table({
    driver: { const: 'wiegand' },
    chip: pinWord,
    d0: pinWord,
    d1: pinWord,
    d0_offset: pinOffset,
    d1_offset: pinOffset,
    // A pulse may follow another after up to 20 ms; the end of a frame is a longer silence.
    gap_ms: { type: 'integer', minimum: 5, maximum: 250, default: 25 },
    format: { enum: [...Object.keys(WIEGAND_LAYOUTS), 'none'], default: '26-h10301' },
    oem: { type: 'integer', minimum: 0, maximum: 1023, default: OEM_DEFAULT },
    keypad: { enum: ['none', '4-bit', '8-bit'], default: 'none' },
    key_codes: {
      type: 'array',
      items: { type: 'integer', minimum: 0, maximum: 15 },
      minItems: KEY_CODES_DEFAULT.length,
      maxItems: KEY_CODES_DEFAULT.length,
      uniqueItems: true,
      default: KEY_CODES_DEFAULT,
    },
    pin: { enum: ['none', 'before', 'after'], default: 'before' },
  }),
  oneOf: [
    { required: ['d0', 'd1'], not: { anyOf: [{ required: ['d0_offset'] }, { required: ['d1_offset'] }] } },
    {
      required: ['chip', 'd0_offset', 'd1_offset'],
      not: { anyOf: [{ required: ['d0'] }, { required: ['d1'] }] },
    },
  ],
});

/** The table of each driver; a new one is one more row here, in `ReaderConfig`, and in `reader-drivers.ts`. */
const drivers = (): Readonly<Record<ReaderConfig['driver'], object>> => ({
  rdm6300: sending('rdm6300'),
  id12: sending('id12'),
  gwiot7941e: sending('gwiot7941e'),
  pn532: table(
    {
      driver: { const: 'pn532' },
      port: text,
      baud: baud(115_200),
      byte_order: { enum: ['as-sent', 'reversed'], default: 'as-sent' },
    },
    ['port'],
  ),
  wiegand: wiegand(),
  ...mqttTables(),
  keyboard: table({ driver: { const: 'keyboard' }, path: text, format: { enum: ['decimal-10', 'hex', '3+5'] } }, [
    'path',
    'format',
  ]),
});

/** One reader. What a driver has no use for is an unknown key. (Defaults work in `then`, and not in `oneOf`.) */
export function readerSchema(): object {
  const tables = Object.entries(drivers());
  return {
    type: 'object',
    required: ['driver'],
    properties: { driver: { enum: tables.map(([driver]) => driver) } },
    allOf: tables.map(([driver, schema]) => ({
      if: { type: 'object', properties: { driver: { const: driver } }, required: ['driver'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, and nobody awaits a schema
      then: schema,
    })),
  };
}
