import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { CodedError, codeOf } from '../base/errors.ts';
import { DEMO_RESTARTS_MAX, DEMO_START_MS_MAX } from '../base/limits.ts';
import { ENGINE_FLAGS } from './engine-flags.ts';
import type { Environment } from './environment.ts';

type Program = ReturnType<typeof launch>;

interface NodeLine {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly output?: string;
  readonly end?: string;
}

const PINO_WARN = 40;
const POLL_MS = 20;

/** The programs of the demo: socat for the reader's line, the virtual pins, and the node itself. */
export class DemoPrograms {
  readonly #environment: Environment;
  readonly #folder: string;
  readonly #say: (text: string) => void;
  readonly #programs = new Set<Program>();
  readonly #ended = Promise.withResolvers<string>();
  #isStopping = false;

  constructor(environment: Environment, folder: string, say: (text: string) => void) {
    this.#environment = environment;
    this.#folder = folder;
    this.#say = say;
    process.once('SIGINT', () => this.#ended.resolve('Ctrl-C'));
    process.once('SIGTERM', () => this.#ended.resolve('SIGTERM'));
  }

  /** Runs one `blockmesh` command to its end. @throws demo_failed. */
  async command(words: readonly string[]): Promise<void> {
    const result = await execa(process.execPath, this.#cli([...words, '--folder', this.#folder]), { reject: false });
    if (result.failed) throw failed(`blockmesh ${words[0]}`, `${result.stderr}${result.stdout}`);
  }

  async startPtyPair(one: string, other: string): Promise<void> {
    const end = (path: string) => `PTY,raw,echo=0,link=${path}`;
    this.#start('socat', 'socat', [end(one), end(other)]);
    await this.#until('socat', () => existsSync(one) && existsSync(other));
  }

  async startPins(options: readonly string[]): Promise<void> {
    this.#start('the virtual pins', process.execPath, [this.#environment.programs.virtualPins, ...options]);
    const socket = options[options.indexOf('--socket') + 1] ?? '';
    await this.#until('the virtual pins', () => existsSync(socket));
  }

  /** Resolves when the node runs. One that dies starts again, as under systemd, up to DEMO_RESTARTS_MAX times. */
  async startNode(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#launchNode(resolve, DEMO_RESTARTS_MAX);
    await Promise.race([promise, this.#ended.promise]);
  }

  #launchNode(running: () => void, restarts: number): void {
    const program = launch(process.execPath, this.#cli(['run', '--folder', this.#folder]));
    createInterface({ input: program.stdout }).on('line', (text) => {
      const line = parseLine(text);
      if (line === null) this.#say(text);
      else if (line.msg === 'node running') running();
      else this.#tell(line);
    });
    this.#watch('the node', program, (cause) => {
      if (restarts === 0) {
        this.#ended.resolve(`the node ended: ${cause}`);
        return;
      }
      this.#say(`the node ended (${cause}); it starts again, as it would under systemd`);
      this.#programs.delete(program);
      this.#launchNode(() => this.#say('the node runs again'), restarts - 1);
    });
  }

  /** Resolves at Ctrl-C or SIGTERM, or when one of the programs ends by itself. */
  async untilStopped(): Promise<void> {
    this.#say(`stopping: ${await this.#ended.promise}`);
  }

  /** Ends the programs one by one, the last started first. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const program of [...this.#programs].reverse()) {
      program.kill('SIGTERM');
      await program;
    }
  }

  #start(name: string, file: string, words: readonly string[]): void {
    const program = launch(file, words);
    // An end is told only when the output has been read.
    program.stdout.resume();
    this.#watch(name, program, (cause) => this.#ended.resolve(`${name} ended: ${cause}`));
  }

  #watch(name: string, program: Program, ended: (cause: string) => void): void {
    this.#programs.add(program);
    void program.then((result) => {
      if (this.#isStopping) return;
      const isMissing = codeOf(result.cause) === 'ENOENT';
      ended(isMissing ? `${name} is not installed` : (result.signal ?? `exit code ${result.exitCode}`));
    });
  }

  /** Waits for a file that a program makes. @throws demo_failed when the program ends or takes too long. */
  async #until(name: string, isThere: () => boolean): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(() => resolve('it takes too long'), DEMO_START_MS_MAX);
    const ended = Promise.race([this.#ended.promise, late]);
    let cause: string | null = null;
    void ended.then((reason) => {
      cause = reason;
    });
    while (!isThere() && cause === null) await new Promise((next) => setTimeout(next, POLL_MS));
    clearTimeout(timer);
    if (cause !== null) throw failed(name, cause);
  }

  #tell(line: NodeLine): void {
    const when = timeText(line.time);
    if (line.msg === 'output on') this.#say(`${when}  ${line.output} ON: the door is open`);
    // A second badge while the door is open: the first pulse ends in the second, the door stays open.
    else if (line.end === 'superseded') return;
    else if (line.msg === 'output off') this.#say(`${when}  ${line.output} off: the door is closed`);
    else if (line.level >= PINO_WARN) this.#say(`${when}  ${line.msg}`);
  }

  /** The arguments with which Node runs a `blockmesh` command. */
  #cli(words: readonly string[]): readonly string[] {
    return [...ENGINE_FLAGS, this.#environment.programs.blockmesh, ...words];
  }
}

function launch(file: string, words: readonly string[]) {
  return execa(file, words, {
    reject: false,
    buffer: false,
    stdout: 'pipe',
    stderr: 'inherit',
    stdin: 'ignore',
    // A group of its own: Ctrl-C on the terminal reaches us alone, and we stop the others in order.
    detached: true,
  });
}

function parseLine(text: string): NodeLine | null {
  try {
    return JSON.parse(text) as NodeLine;
  } catch {
    return null;
  }
}

function failed(what: string, why: string): CodedError {
  return new CodedError('demo_failed', `${what} did not start: ${why}`, {
    advice:
      'The demo needs socat (apt-get install socat) and a folder it may write in; `make clean` removes an old one.',
  });
}

/** The time on the clock of this machine, with seconds: 2026-11-22 20:15:03. */
function timeText(epochMs: number): string {
  const at = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
