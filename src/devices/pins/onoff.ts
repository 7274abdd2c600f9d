import { CodedError, messageOf } from '../../base/errors.ts';
import { type GpioClass, OnoffLines } from './onoff-lines.ts';
import { runPins } from './run.ts';

const USAGE = `usage: blockmesh-pins-onoff --socket PATH --output OUTPUT ... --input INPUT ... [--check]
       blockmesh-pins-onoff --socket PATH --options FILE [--check]

blockmesh-pins for kernels that offer their lines by sysfs alone: the same options, rules and protocol, but
  - a pin is chip=LABEL,offset=NUMBER: sysfs knows no names of lines
  - an input is bias=none, with a resistor on the board: sysfs switches on none
  - there are no Wiegand readers: edges that come by sysfs have no order, and near ones merge
  - when this process is killed, a line stays at the level it had until the process is started again
Its addon is built by "make onoff".

  blockmesh-pins-onoff --socket /run/blockmesh/pins.sock \\
      --output front-strike,chip=pinctrl-bcm2835,offset=17,active=high,safe=low,longest=10000
`;

/** @throws onoff_missing */
async function loadGpio(): Promise<GpioClass> {
  try {
    return (await import('onoff')).Gpio;
  } catch (cause) {
    throw new CodedError('onoff_missing', `the package onoff or its addon cannot be loaded: ${messageOf(cause)}`, {
      advice: 'build it for this Node by: make onoff',
      cause,
    });
  }
}

/** Runs the pins process on onoff until a signal; sets the exit code. `argv` is without the program's own name. */
export async function runOnoffPins(argv: readonly string[]): Promise<void> {
  const program = {
    usage: USAGE,
    name: 'blockmesh-pins onoff',
    open: async () => {
      const backend = new OnoffLines(await loadGpio());
      return { backend, close: () => backend.close() };
    },
  };
  await runPins(program, argv);
}
