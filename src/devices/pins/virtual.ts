import { randomBytes } from 'node:crypto';
import { codeOf, messageOf } from '../../base/errors.ts';
import { type PinsOptions, readPinsOptions } from './options.ts';
import { Outputs } from './outputs.ts';
import { PinsServer, takeSocketPath } from './server.ts';
import { openVirtualLines } from './virtual-lines.ts';

const USAGE = `usage: virtual-main.ts --socket PATH --output OUTPUT [--output OUTPUT ...] [--check] [--trace FILE]

The virtual twin of blockmesh-pins, for machines without pins: the same options, rules and protocol.
  --trace FILE     append "NS OUTPUT high|low" for the level at the start and for every change
  --fault FAULT    OUTPUT,on|off,COUNT: the next COUNT tries to drive the output so fail
`;

/** The exit codes of `native/main.c`. */
const EXIT_RUN_FAILED = 1;
const EXIT_OPTIONS = 2;
const EXIT_SOCKET = 3;

function fail(exitCode: number, error: unknown): void {
  process.stderr.write(`blockmesh-pins: ${codeOf(error) ?? 'failed'}: ${messageOf(error)}\n`);
  process.exitCode = exitCode;
}

async function serve(options: PinsOptions): Promise<void> {
  // 0777 & ~0117 = 0660: the socket has its mode from the first moment.
  process.umask(0o117);
  try {
    await takeSocketPath(options.socketPath);
  } catch (error) {
    fail(EXIT_SOCKET, error);
    return;
  }
  let isStopping = false;
  const stop = async (exitCode: number) => {
    if (isStopping) return;
    isStopping = true;
    const isSafe = await server.stop();
    process.exitCode = isSafe ? exitCode : EXIT_RUN_FAILED;
  };
  const server = new PinsServer({
    socketPath: options.socketPath,
    outputs: new Outputs(options.outputs, openVirtualLines(options)),
    epoch: randomBytes(8).toString('hex'),
    onStuck: (output) => {
      process.stderr.write(`blockmesh-pins: line_failed: output ${output} does not go to its safe level\n`);
      void stop(EXIT_RUN_FAILED);
    },
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => void stop(0));
  await server.listen();
  process.stdout.write(`ready ${options.socketPath}\n`);
}

/** Runs the virtual pins process until a signal; sets the exit code. `argv` is without the program's own name. */
export async function runVirtualPins(argv: readonly string[]): Promise<void> {
  let options: PinsOptions;
  try {
    options = readPinsOptions(argv);
  } catch (error) {
    fail(EXIT_OPTIONS, error);
    return;
  }
  if (options.action === 'help') process.stdout.write(USAGE);
  if (options.action === 'version') process.stdout.write('blockmesh-pins virtual protocol 1\n');
  if (options.action !== 'run') return;
  try {
    await serve(options);
  } catch (error) {
    fail(EXIT_RUN_FAILED, error);
  }
}
