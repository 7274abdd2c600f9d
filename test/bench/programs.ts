import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../src/base/errors.ts';

const START_MS_MAX = 60_000;
const POLL_MS = 20;
const STOP_MS_MAX = 6_000;
const LOG_CHARS_SHOWN = 2_000;

interface Program {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly log: string;
}

/** The processes of one bench. */
export class Programs {
  readonly #programs: Program[] = [];
  readonly #brief: Program[] = [];

  /** Starts a program that runs until `stop`; what it says goes into the file `log`. */
  start(name: string, command: readonly string[], log: string): ChildProcess {
    const [file = '', ...words] = command;
    const out = openSync(log, 'a');
    const child = spawn(file, words, { stdio: ['ignore', out, out] });
    closeSync(out);
    // An `error` (not installed) comes without an `exit`.
    const ended = Promise.race([once(child, 'exit'), new Promise((resolve) => child.once('error', resolve))]);
    ended.catch(() => undefined);
    this.#programs.push({ name, child, ended, log });
    return child;
  }

  /** Starts a program that its caller ends; it is stopped with the others only if it is still there. */
  startBrief(command: readonly string[], log: string): ChildProcess {
    const child = this.start('', command, log);
    const program = this.#programs.pop();
    if (program !== undefined) this.#brief.push(program);
    return child;
  }

  /** Starts a program and waits for the file that it makes when it is ready. */
  async startUntil(name: string, command: readonly string[], log: string, path: string): Promise<ChildProcess> {
    const child = this.start(name, command, log);
    await this.until(`${name} to start`, () => existsSync(path));
    return child;
  }

  /** Runs a program to its end. @throws bench_program. */
  async run(name: string, command: readonly string[], log: string): Promise<void> {
    const child = this.start(name, command, log);
    await this.#programs.pop()?.ended;
    if (child.exitCode !== 0) throw failed(`${name} failed`, log);
  }

  /** Polls until `isSo`. @throws bench_program when it takes too long or one of the programs has ended. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const lateMs = performance.now() + START_MS_MAX;
    while (!(await isSo())) {
      this.check();
      if (performance.now() > lateMs) throw failed(`waited too long for ${what}`, this.#programs.at(-1)?.log);
      await sleep(POLL_MS);
    }
  }

  /** @throws bench_program when a program has ended by itself. */
  check(): void {
    for (const { name, child, log } of this.#programs) if (!isRunning(child)) throw failed(`${name} has ended`, log);
  }

  /** Ends the programs, the last started first. */
  async stop(): Promise<void> {
    for (const { child, ended } of [...this.#programs.splice(0), ...this.#brief.splice(0)].reverse()) {
      if (!isRunning(child)) continue;
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(late);
    }
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function failed(what: string, log: string | undefined): CodedError {
  const said = log === undefined ? '' : readFileSync(log, 'utf8').slice(-LOG_CHARS_SHOWN);
  return new CodedError('bench_program', `${what}${said === '' ? '' : `; it said:\n${said}`}`);
}
