import { PINS_OUTPUTS_MAX } from '../base/limits.ts';
import { checkLabels, type Pin, type Pins, type Refuse } from './config-pins.ts';
import { isBootStrap, resetPull } from './reset-pulls.ts';

export interface OutputConfig extends Pin {
  readonly active: 'high' | 'low';
  readonly longest_ms: number;
  /** The input that says whether the load is really on. */
  readonly feedback?: string;
  /** How long after a change the feedback may lag. */
  readonly feedback_ms: number;
}

/**
 * What the pins process would refuse of the outputs, refused here, where the line of the file is known; and pins that
 * would switch the load on before anybody has claimed them.
 * @throws config_invalid.
 */
export function checkOutputs(outputs: Readonly<Record<string, OutputConfig>>, pins: Pins, refuse: Refuse): void {
  for (const [at, [name, output]] of Object.entries(outputs).entries()) {
    const key = ['output', name];
    if (at === PINS_OUTPUTS_MAX) throw refuse(key, `is one too many: a board has at most ${PINS_OUTPUTS_MAX} outputs`);
    const { chip, line } = output;
    checkLabels(key, { chip, line }, refuse);
    pins.take(key, output);
    if (isBootStrap(output)) {
      throw refuse(
        key,
        'is on a boot strap: P8.31 to P8.46 of a BeagleBone Black decide how it boots',
        'A relay there can keep the board from starting, and is on or off as the straps are. Take another pin.',
      );
    }
    if (resetPull(output) === output.active) {
      throw refuse(
        key,
        `would be on from power-on until the pins process has started: a reset pulls this pin ${output.active}, and that is its active level`,
        'On a Raspberry Pi, GPIO 0 to 8 are pulled up at reset and suit loads with active = "low"; GPIO 9 to 27 are ' +
          'pulled down and suit active = "high". Take another pin, or a relay board of the other kind.',
      );
    }
  }
}
