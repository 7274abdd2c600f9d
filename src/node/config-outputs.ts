import { CodedError } from '../base/errors.ts';
import { PINS_LABEL_BYTES_MAX, PINS_OUTPUTS_MAX } from '../base/limits.ts';
import type { TomlText } from './toml.ts';

export interface OutputConfig {
  /** Label of the GPIO chip. */
  readonly chip?: string;
  /** Name of the line; else `offset` counts it on the chip. */
  readonly line?: string;
  readonly offset?: number;
  readonly active: 'high' | 'low';
  readonly longest_ms: number;
}

/**
 * What the pins process would refuse of the outputs, refused here, where the line of the file is known; and an output
 * with the name of a reader.
 * @throws config_invalid.
 */
export function checkOutputs(
  outputs: Readonly<Record<string, OutputConfig>>,
  readers: object,
  toml: TomlText,
  path: string,
): void {
  const refuse = (key: readonly string[], what: string, advice?: string): CodedError => {
    const line = toml.lineOf(key);
    const fields = { path, key: key.join('.'), line };
    const options = advice === undefined ? { fields } : { fields, advice };
    return new CodedError('config_invalid', `${path} line ${line}: ${key.join('.')} ${what}`, options);
  };
  const pins = new Map<string, string>();
  for (const [name, output] of Object.entries(outputs)) {
    const key = ['output', name];
    if (Object.hasOwn(readers, name)) {
      throw refuse(key, 'has the name of a reader; in the ledger both are devices', 'Give it a name of its own.');
    }
    if (pins.size === PINS_OUTPUTS_MAX)
      throw refuse(key, `is one too many: a board has at most ${PINS_OUTPUTS_MAX} outputs`);
    checkLabels(output, (label, what, advice) => refuse([...key, label], what, advice));
    const pin = pinOf(output);
    const other = pins.get(pin);
    if (other !== undefined) throw refuse(key, `has the pin of output ${other}`, 'One pin drives one output.');
    pins.set(pin, name);
  }
}

function checkLabels(
  { chip, line }: OutputConfig,
  refuse: (label: 'chip' | 'line', what: string, advice: string) => CodedError,
): void {
  if (chip !== undefined && /^(gpiochip)?[0-9]+$/.test(chip)) {
    throw refuse(
      'chip',
      'is a number, and that changes with the boot order',
      'Give the label of the chip, as gpioinfo shows it.',
    );
  }
  for (const [label, text = ''] of [['chip', chip] as const, ['line', line] as const]) {
    if (Buffer.byteLength(text) <= PINS_LABEL_BYTES_MAX) continue;
    throw refuse(label, `has over ${PINS_LABEL_BYTES_MAX} bytes`, 'The kernel keeps no longer labels and line names.');
  }
}

/** Equal for equal pins, as far as their words tell; a line named with its chip and without shows when it is claimed. */
function pinOf({ chip = '', line = '', offset = 0 }: OutputConfig): string {
  return [chip, line, offset].join(',');
}
