import { CodedError } from '../../base/errors.ts';
import { PINS_LABEL_BYTES_MAX } from '../../base/limits.ts';
import { isPinsName, readNumber } from './protocol.ts';

/** `NAME,key=value,...`: the form that every declaration of the pins process has, and the pins in it. */

/** One line of a board: by its name, on any chip or a labelled one, or by its place on a labelled chip. */
export interface Pin {
  readonly chip: string | undefined;
  readonly line: string | undefined;
  readonly offset: number | undefined;
}

/** A declaration in its parts, every key known and given once. */
export interface Cut {
  readonly option: string;
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

const TEXT_BYTES_MAX = 255;
const LINE_OFFSET_MAX = 4095;

export function wrongOption(text: string): CodedError {
  return new CodedError('bad_pins_option', text, { advice: '--help shows the options' });
}

export function refuse({ option, name }: Cut, text: string): CodedError {
  return wrongOption(`${option} ${name}: ${text}`);
}

/** @throws bad_pins_option */
export function cut(option: string, text: string, keys: readonly string[]): Cut {
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) throw wrongOption(`${option}: at most ${TEXT_BYTES_MAX} bytes`);
  const [name = '', ...parts] = text.split(',');
  const values = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals < 0) throw wrongOption(`${option} ${text}: expected key=value, found "${part}"`);
    const key = part.slice(0, equals);
    if (!keys.includes(key)) throw wrongOption(`${option} ${text}: unknown key "${key}"`);
    if (values.has(key)) throw wrongOption(`${option} ${text}: ${key} is given twice`);
    if (equals === part.length - 1) throw wrongOption(`${option} ${text}: ${key} is empty`);
    values.set(key, part.slice(equals + 1));
  }
  if (!isPinsName(name)) throw wrongOption(`${option} ${text}: a name has 1 to 32 of 0-9 a-z A-Z _ -`);
  return { option, name, values };
}

/**
 * The pin that `lineKey` or `offsetKey` names, on the chip of the declaration.
 * @throws bad_pins_option
 */
export function pinOf(words: Cut, lineKey: string, offsetKey: string): Pin {
  const { values } = words;
  const [chip, line, offset] = [values.get('chip'), values.get(lineKey), values.get(offsetKey)];
  if (line === undefined && offset === undefined) {
    throw refuse(words, `no pin: give ${lineKey}=NAME, or chip=LABEL and ${offsetKey}=NUMBER`);
  }
  if (line !== undefined && offset !== undefined) {
    throw refuse(words, `${lineKey} and ${offsetKey} both name the pin`);
  }
  if (offset !== undefined && chip === undefined) {
    throw refuse(words, `an offset alone is a computed number: add chip=LABEL, or use ${lineKey}=NAME`);
  }
  if (chip !== undefined && /^(gpiochip)?[0-9]+$/.test(chip)) {
    throw refuse(words, `chip "${chip}" is a number that changes with the boot order: use its label`);
  }
  for (const label of [chip, line]) {
    if (label !== undefined && Buffer.byteLength(label) > PINS_LABEL_BYTES_MAX) {
      throw refuse(words, `labels and line names have at most ${PINS_LABEL_BYTES_MAX} bytes`);
    }
  }
  const number = offset === undefined ? undefined : numberOf(offset, 0, LINE_OFFSET_MAX);
  if (offset !== undefined && number === undefined) {
    throw refuse(words, `${offsetKey} "${offset}" is not a number from 0 to ${LINE_OFFSET_MAX}`);
  }
  return { chip, line, offset: number };
}

/** The number `text` is, from `min` to `max`; else undefined. */
export function numberOf(text: string | undefined, min: number, max: number): number | undefined {
  const number = readNumber(text ?? '');
  return number === undefined || number < min || number > max ? undefined : number;
}

export function oneOf<T extends string>(words: readonly T[], text: string | undefined): T | undefined {
  return words.find((word) => word === text);
}
