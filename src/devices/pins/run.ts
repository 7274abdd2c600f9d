import { randomBytes } from 'node:crypto';
import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import { Board } from './board.ts';
import type { LinesBackend } from './lines.ts';
import { type PinsOptions, readPinsOptions } from './options.ts';
import { readOptionsFile } from './options-file.ts';
import { PinsServer, takeSocketPath } from './server.ts';

/** A TypeScript pins process with its backend: what `native/main.c` is for the C program. */
interface PinsProgram {
  /** What --help prints. */
  readonly usage: string;
  /** What --version prints before `protocol 2`. */
  readonly name: string;
  /** Opens the backend; it claims nothing by itself. The second is called as the process ends. */
  readonly open: (options: PinsOptions) => Promise<{ readonly backend: LinesBackend; readonly close: () => void }>;
}

/** The exit codes of `native/main.c`. */
const EXIT_RUN_FAILED = 1;
const EXIT_OPTIONS = 2;
const EXIT_SOCKET = 3;
const EXIT_CLAIM = 4;

/** The step that failed says with what code the process ends. */
class Failure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, cause: unknown) {
    super(messageOf(cause), { cause });
    this.exitCode = exitCode;
  }
}

async function step<Result>(exitCode: number, run: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw new Failure(exitCode, error);
  }
}

/** @throws CodedError, with the code that the reply has. */
function reload(board: Board, optionsPath: string | undefined, fail: (code: string, text: string) => void) {
  if (optionsPath === undefined) {
    throw new CodedError('bad_options', 'this process was started without --options FILE');
  }
  try {
    return board.change(readOptionsFile(optionsPath));
  } catch (error) {
    // Its client is answered first.
    if (codeOf(error) === 'board_lost') setImmediate(fail, 'board_lost', messageOf(error));
    throw error;
  }
}

async function serve(program: PinsProgram, options: PinsOptions): Promise<void> {
  const { socketPath, optionsPath } = options;
  const first = await step(EXIT_OPTIONS, () => {
    return optionsPath === undefined ? options.declarations : readOptionsFile(optionsPath);
  });
  if (options.action === 'check') return;
  // 0777 & ~0117 = 0660: the socket has its mode from the first moment.
  process.umask(0o117);
  await step(EXIT_SOCKET, () => takeSocketPath(socketPath));
  const { backend, close } = await step(EXIT_RUN_FAILED, () => program.open(options));

  let isStopping = false;
  const stop = async (exitCode: number) => {
    if (isStopping) return;
    isStopping = true;
    const isSafe = await server.stop();
    close();
    process.exitCode = isSafe ? exitCode : EXIT_RUN_FAILED;
  };
  const fail = (code: string, text: string) => {
    process.stderr.write(`blockmesh-pins: ${code}: ${text}\n`);
    void stop(EXIT_RUN_FAILED);
  };
  const board: Board = new Board(backend, () => server.publish());
  const server: PinsServer = new PinsServer({
    socketPath,
    board,
    epoch: randomBytes(8).toString('hex'),
    reload: () => reload(board, optionsPath, fail),
    onStuck: (output) => fail('line_failed', `output ${output} does not go to its safe level`),
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => void stop(0));
  try {
    await step(EXIT_CLAIM, () => board.change(first));
    await step(EXIT_RUN_FAILED, () => server.listen());
  } catch (error) {
    close();
    throw error;
  }
  process.stdout.write(`ready ${socketPath}\n`);
}

/** Runs a pins process until a signal; sets the exit code. `argv` is without the program's own name. */
export async function runPins(program: PinsProgram, argv: readonly string[]): Promise<void> {
  try {
    const options = await step(EXIT_OPTIONS, () => readPinsOptions(argv));
    if (options.action === 'help') process.stdout.write(program.usage);
    else if (options.action === 'version') process.stdout.write(`${program.name} protocol 2\n`);
    else await serve(program, options);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = error.cause instanceof CodedError ? error.cause.advice : undefined;
    process.stderr.write(`blockmesh-pins: ${codeOf(error.cause) ?? 'failed'}: ${error.message}\n`);
    if (advice !== undefined) process.stderr.write(`${advice}\n`);
    process.exitCode = error.exitCode;
  }
}
