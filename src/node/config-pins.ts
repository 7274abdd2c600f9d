import { CodedError } from '../base/errors.ts';
import { PINS_LABEL_BYTES_MAX } from '../base/limits.ts';
import type { TomlText } from './toml.ts';

/** Where a line of a chip is. */
export interface Pin {
  /** Label of the GPIO chip. */
  readonly chip?: string | undefined;
  /** Name of the line; else `offset` counts it on the chip. */
  readonly line?: string | undefined;
  readonly offset?: number | undefined;
}

/** Refuses what stands at `key` of the file, with its line. */
export type Refuse = (key: readonly string[], what: string, advice?: string) => CodedError;

export function refuserFor(toml: TomlText, path: string): Refuse {
  return (key, what, advice) => {
    const line = toml.lineOf(key);
    const fields = { path, key: key.join('.'), line };
    const options = advice === undefined ? { fields } : { fields, advice };
    return new CodedError('config_invalid', `${path} line ${line}: ${key.join('.')} ${what}`, options);
  };
}

/** Whose each pin is, as `output front-strike`. One pin serves one device. */
export class Pins {
  readonly #owners = new Map<string, string>();
  readonly #refuse: Refuse;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  /** Gives a pin to the device at `key`. @throws config_invalid where it has one already. */
  take(key: readonly string[], pin: Pin): void {
    const words = pinKey(pin);
    const owner = key.join(' ');
    const other = this.#owners.get(words);
    if (other === owner) throw this.#refuse(key, 'has the same pin twice', 'D0 and D1 are two lines.');
    if (other !== undefined) throw this.#refuse(key, `has the pin of ${other}`, 'One pin serves one device.');
    this.#owners.set(words, owner);
  }
}

/** Equal for equal pins, as far as their words tell; a line named with its chip and without shows when it is claimed. */
function pinKey({ chip = '', line = '', offset = 0 }: Pin): string {
  return [chip, line, offset].join(',');
}

/**
 * Checks the words by which the table at `key` names its chip and lines.
 * @throws config_invalid.
 */
export function checkLabels(
  key: readonly string[],
  words: Readonly<Record<string, string | undefined>>,
  refuse: Refuse,
): void {
  const { chip = '' } = words;
  if (/^(gpiochip)?[0-9]+$/.test(chip)) {
    throw refuse(
      [...key, 'chip'],
      'is a number, and that changes with the boot order',
      'Give the label of the chip, as gpioinfo shows it.',
    );
  }
  for (const [name, word = ''] of Object.entries(words)) {
    if (Buffer.byteLength(word) <= PINS_LABEL_BYTES_MAX) continue;
    throw refuse(
      [...key, name],
      `has over ${PINS_LABEL_BYTES_MAX} bytes`,
      'The kernel keeps no longer labels and line names.',
    );
  }
}
