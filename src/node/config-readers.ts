import { PINS_WIEGAND_MAX } from '../base/limits.ts';
import type { OutputConfig } from './config-outputs.ts';
import { checkLabels, type Pin, pinKey, type Refuse, refuserFor } from './config-pins.ts';
import type { ReaderConfig, WiegandConfig } from './reader-schema.ts';
import type { TomlText } from './toml.ts';

/** The two lines of a Wiegand reader, D0 first. */
function wiegandPins({ chip, d0, d1, d0_offset, d1_offset }: WiegandConfig): readonly [Pin, Pin] {
  return [
    { chip, line: d0, offset: d0_offset },
    { chip, line: d1, offset: d1_offset },
  ];
}

/**
 * What the schema of readers cannot say: two that want one port or one pin, or a pin that an output has, and a reader
 * that would hear nothing.
 * @throws config_invalid.
 */
export function checkReaders(
  readers: Readonly<Record<string, ReaderConfig>>,
  outputs: Readonly<Record<string, OutputConfig>>,
  toml: TomlText,
  path: string,
): void {
  const refuse = refuserFor(toml, path);
  const ports = new Map<string, string>();
  let wiegand = 0;
  const pins = new Map(Object.entries(outputs).map(([name, output]) => [pinKey(output), `output ${name}`]));
  for (const [name, reader] of Object.entries(readers)) {
    const key = ['reader', name];
    if (reader.driver === 'wiegand') {
      wiegand += 1;
      if (wiegand > PINS_WIEGAND_MAX) {
        throw refuse(key, `is one too many: a board has at most ${PINS_WIEGAND_MAX} Wiegand readers`);
      }
      checkWiegand(key, reader, refuse);
      for (const pin of wiegandPins(reader)) claim(pins, pinKey(pin), `reader ${name}`, key, 'pin', refuse);
    } else {
      const [word, port] = reader.driver === 'keyboard' ? ['path', reader.path] : ['port', reader.port];
      claim(ports, port, `reader ${name}`, [...key, word], 'port', refuse);
    }
  }
}

function claim(
  taken: Map<string, string>,
  what: string,
  owner: string,
  key: readonly string[],
  kind: 'pin' | 'port',
  refuse: Refuse,
): void {
  const other = taken.get(what);
  if (other === owner) throw refuse(key, `has the same ${kind} twice`, 'D0 and D1 are two lines.');
  if (other !== undefined) throw refuse(key, `has the ${kind} of ${other}`, `One ${kind} serves one device.`);
  taken.set(what, owner);
}

function checkWiegand(key: readonly string[], reader: WiegandConfig, refuse: Refuse): void {
  const { chip, d0, d1, format, keypad } = reader;
  checkLabels(key, { chip, d0, d1 }, refuse);
  if (format === 'none' && keypad === 'none') {
    throw refuse([...key, 'format'], 'is none, and so is keypad: there is nothing to hear', 'Name one of them.');
  }
}
