import { appendFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { CodedError } from '../src/base/errors.ts';
import { PROGRAM_LINES_TOLD_MAX, PROGRAM_OUTPUT_BYTES_MAX } from './limits.ts';

export interface CommandOptions {
  readonly cwd?: string;
  /** What it reads on its standard input; nothing by default. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Hears each line of its output while it runs. */
  readonly onLine?: (line: string) => void;
  /** Keeps what it says out of the log: it is data. */
  readonly isQuiet?: boolean;
}

/** Runs other programs in one plain environment: no language, no time zone and no clock of this machine. */
export class Commands {
  readonly #log: string;
  readonly #env: Readonly<Record<string, string>>;

  /** Everything that programs say is added to the file `log`. `epochS` is the time of everything that is built. */
  constructor(log: string, epochS: number) {
    this.#log = log;
    this.#env = {
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      SOURCE_DATE_EPOCH: String(epochS),
      E2FSPROGS_FAKE_TIME: String(epochS),
      DEBIAN_FRONTEND: 'noninteractive',
      PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
    };
  }

  /**
   * What `program` wrote to its standard output.
   * @throws program_failed when it ends with anything but 0, or cannot be started.
   */
  async run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const child = execa(program, args, {
      env: { ...this.#env, ...options.env },
      maxBuffer: PROGRAM_OUTPUT_BYTES_MAX,
      reject: false,
      all: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    });
    if (options.onLine !== undefined) createInterface({ input: child.all }).on('line', options.onLine);
    const result = await child;
    const said = options.isQuiet && !result.failed ? '' : result.all;
    await appendFile(this.#log, `$ ${program} ${args.join(' ')}\n${said}\n`);
    if (!result.failed) return result.stdout;
    const ended = result.exitCode === undefined ? result.shortMessage : `ended with ${result.exitCode}`;
    const last = result.all.trim().split('\n').slice(-PROGRAM_LINES_TOLD_MAX).join('\n');
    throw new CodedError('program_failed', `${program} ${ended}: ${last || 'it said nothing'}`, {
      fields: { program, exitCode: result.exitCode ?? null, log: this.#log },
      advice: `read ${this.#log} for all that it said`,
    });
  }
}
