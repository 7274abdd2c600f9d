import { serveDrive } from './drive.ts';
import type { PinsOptions } from './options.ts';
import { runPins } from './run.ts';
import { VirtualLines } from './virtual-lines.ts';

const USAGE = `usage: virtual-main.ts --socket PATH --output OUTPUT ... --input INPUT ... --wiegand READER ... [--check]
       virtual-main.ts --socket PATH --options FILE [--check]

The virtual twin of blockmesh-pins, for machines without pins: the same options, rules and protocol.
  --trace FILE     append "NS OUTPUT high|low" for the level at the claim and for every change
  --fault FAULT    NAME,on|off|claim,COUNT: the next COUNT tries to drive NAME so, or to claim it, fail
  --drive PATH     Unix socket that takes "NAME high|low", "NAME.d0 pulse", "NAME.wiegand BITS HEX"
`;

/** Runs the virtual pins process until a signal; sets the exit code. `argv` is without the program's own name. */
export async function runVirtualPins(argv: readonly string[]): Promise<void> {
  const program = {
    usage: USAGE,
    name: 'blockmesh-pins virtual',
    open: async (options: PinsOptions) => {
      const backend = new VirtualLines(options);
      const { drivePath } = options;
      if (drivePath === undefined) return { backend, close: () => undefined };
      return { backend, close: await serveDrive(drivePath, (line) => backend.drive(line)) };
    },
  };
  await runPins(program, argv);
}
