import { PINS_INPUTS_MAX } from '../base/limits.ts';
import type { OutputConfig } from './config-outputs.ts';
import { checkLabels, type Pin, type Pins, type Refuse } from './config-pins.ts';
import { isBootStrap } from './reset-pulls.ts';

export interface InputConfig extends Pin {
  /** The level at which it says yes: pressed, open, tampered with, on. */
  readonly active: 'high' | 'low';
  readonly bias: 'pull-up' | 'pull-down' | 'none';
  readonly debounce_ms: number;
}

/** @throws config_invalid. */
export function checkInputs(
  inputs: Readonly<Record<string, InputConfig>>,
  outputs: Readonly<Record<string, OutputConfig>>,
  pins: Pins,
  refuse: Refuse,
): void {
  for (const [at, [name, input]] of Object.entries(inputs).entries()) {
    const key = ['input', name];
    if (at === PINS_INPUTS_MAX) throw refuse(key, `is one too many: a board has at most ${PINS_INPUTS_MAX} inputs`);
    const { chip, line } = input;
    checkLabels(key, { chip, line }, refuse);
    pins.take(key, input);
    if (isBootStrap(input)) {
      throw refuse(
        key,
        'is on a boot strap: P8.31 to P8.46 of a BeagleBone Black decide how it boots',
        'A contact there can keep the board from starting. Take another pin.',
      );
    }
  }
  const fed = new Map<string, string>();
  for (const [output, { feedback }] of Object.entries(outputs)) {
    if (feedback === undefined) continue;
    const key = ['output', output, 'feedback'];
    if (!Object.hasOwn(inputs, feedback)) {
      throw refuse(
        key,
        `names no input: ${feedback}`,
        'Declare it as [input.NAME]; it is active while the load is on.',
      );
    }
    const other = fed.get(feedback);
    if (other !== undefined) throw refuse(key, `is the feedback of output ${other} already`);
    fed.set(feedback, output);
  }
}
