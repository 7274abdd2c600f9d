import { PINS_OUTPUTS_MAX } from '../base/limits.ts';
import { checkLabels, pinKey, refuserFor } from './config-pins.ts';
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
  const refuse = refuserFor(toml, path);
  const pins = new Map<string, string>();
  for (const [name, output] of Object.entries(outputs)) {
    const key = ['output', name];
    if (Object.hasOwn(readers, name)) {
      throw refuse(key, 'has the name of a reader; in the ledger both are devices', 'Give it a name of its own.');
    }
    if (pins.size === PINS_OUTPUTS_MAX)
      throw refuse(key, `is one too many: a board has at most ${PINS_OUTPUTS_MAX} outputs`);
    const { chip, line } = output;
    checkLabels(key, { chip, line }, refuse);
    const pin = pinKey(output);
    const other = pins.get(pin);
    if (other !== undefined) throw refuse(key, `has the pin of output ${other}`, 'One pin drives one output.');
    pins.set(pin, name);
  }
}
