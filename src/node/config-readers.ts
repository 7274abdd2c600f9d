import { PINS_WIEGAND_MAX } from '../base/limits.ts';
import { checkLabels, type Pin, type Pins, type Refuse } from './config-pins.ts';
import type { ReaderConfig, WiegandConfig } from './reader-schema.ts';

/** The two lines of a Wiegand reader, D0 first. */
function wiegandPins({ chip, d0, d1, d0_offset, d1_offset }: WiegandConfig): readonly [Pin, Pin] {
  return [
    { chip, line: d0, offset: d0_offset },
    { chip, line: d1, offset: d1_offset },
  ];
}

/**
 * What the schema of readers cannot say: two that want one port or one pin, or a pin that another device has, and a
 * reader that would hear nothing.
 * @throws config_invalid.
 */
export function checkReaders(readers: Readonly<Record<string, ReaderConfig>>, pins: Pins, refuse: Refuse): void {
  const ports = new Map<string, string>();
  let wiegand = 0;
  for (const [name, reader] of Object.entries(readers)) {
    const key = ['reader', name];
    if (reader.driver === 'wiegand') {
      wiegand += 1;
      if (wiegand > PINS_WIEGAND_MAX) {
        throw refuse(key, `is one too many: a board has at most ${PINS_WIEGAND_MAX} Wiegand readers`);
      }
      checkWiegand(key, reader, refuse);
      for (const pin of wiegandPins(reader)) pins.take(key, pin);
    } else if (!('device' in reader)) {
      const [word, port] = reader.driver === 'keyboard' ? ['path', reader.path] : ['port', reader.port];
      const other = ports.get(port);
      if (other !== undefined) {
        throw refuse([...key, word], `has the port of ${other}`, 'One port serves one device.');
      }
      ports.set(port, `reader ${name}`);
    }
  }
}

function checkWiegand(key: readonly string[], reader: WiegandConfig, refuse: Refuse): void {
  const { chip, d0, d1, format, keypad } = reader;
  checkLabels(key, { chip, d0, d1 }, refuse);
  if (format === 'none' && keypad === 'none') {
    throw refuse([...key, 'format'], 'is none, and so is keypad: there is nothing to hear', 'Name one of them.');
  }
}
