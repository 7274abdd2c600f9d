import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf } from '../../src/base/errors.ts';
import type { JsonObject } from '../../src/base/json.ts';

/** A child process under test, and waiting for what it says or does. */

/** What has not come by now never comes: the test fails with what it has seen instead of hanging. */
export const WAIT_MS = 60_000;
const POLL_MS = 5;

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process and the lines it says on standard output. */
export class Program {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly lines: string[] = [];
  stderr = '';
  #hasEnded = false;
  readonly #listeners = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-8192);
      this.#wake();
    });
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.lines.push(line);
        this.#wake();
      });
    }
    this.exited = once(child, 'close').then(([code, signal]) => {
      this.#hasEnded = true;
      this.#wake();
      return { code, signal } as Exit;
    });
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the program did not start');
    return pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Calls `listener` whenever the program says something or ends. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** The first line that `wanted` picks, said already (from line `from` on) or yet to come. */
  async line(wanted: (line: string) => boolean, from = 0): Promise<string> {
    const find = () => this.lines.slice(from).find(wanted);
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (this.#hasEnded || find() !== undefined) resolve();
    };
    this.#listeners.add(look);
    look();
    // Somebody who lost interest is not waited for.
    const timer = setTimeout(resolve, WAIT_MS).unref();
    await promise;
    clearTimeout(timer);
    this.#listeners.delete(look);
    const line = find();
    if (line !== undefined) return line;
    const said = [...this.lines.slice(from), this.stderr].join('\n').slice(-4096);
    throw new Error(`${this.#hasEnded ? 'the program ended' : 'nothing came'}: ${wanted}\nIt said:\n${said}`);
  }

  /** The first line of a node's log with this message and these fields. */
  async logged(msg: string, fields: JsonObject = {}, from = 0): Promise<JsonObject> {
    const text = await this.line((line) => {
      const said = parseLog(line);
      return said.msg === msg && Object.entries(fields).every(([name, value]) => said[name] === value);
    }, from);
    return parseLog(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return await this.exited;
  }

  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return await this.exited;
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

export function parseLog(line: string): JsonObject {
  try {
    return JSON.parse(line) as JsonObject;
  } catch {
    return { msg: line };
  }
}

/** For a process that may have ended meanwhile. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** Waits until `isSo`, for what nothing tells us of. */
export async function until(isSo: () => boolean, what: () => string): Promise<void> {
  const endMs = performance.now() + WAIT_MS;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`never came true: ${what()}`);
    await pause(POLL_MS);
  }
}

/** Waits as `until` does, for what has to be asked for. */
export async function untilFound<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const endMs = performance.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`never came: ${what}`);
    await pause(POLL_MS);
  }
}
