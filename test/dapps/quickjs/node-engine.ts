import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { JsonObject } from '../../../src/base/json.ts';
import { type Engine, readProgramLine } from './engine.ts';

interface Open {
  readonly answer: (request: JsonObject) => string;
  readonly settled: PromiseWithResolvers<string>;
}

/** A bundle as a process of Node, over its real pipes. */
export class NodeEngine implements Engine {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #open: Open | undefined;
  #said = '';

  constructor(file: string) {
    this.#child = spawn(process.execPath, [file], { stdio: 'pipe', env: {} });
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.on('data', (bytes) => {
      this.#said += bytes;
    });
    this.#closed = once(this.#child, 'close').then(() => {
      this.#open?.settled.reject(new Error(`the process ended: ${this.#said}`));
    });
    if (this.#child.stdout === null) throw new Error('no pipe');
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
  }

  ask(line: string, answer: (request: JsonObject) => string): Promise<string> {
    if (this.#child.exitCode !== null) return Promise.reject(new Error(`the process has ended: ${this.#said}`));
    const settled = Promise.withResolvers<string>();
    this.#open = { answer, settled };
    this.#child.stdin?.write(`${line}\n`);
    return settled.promise;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #take(line: string): void {
    const open = this.#open;
    try {
      if (open === undefined) throw new Error(`spoke outside of a call: ${line}`);
      const message = readProgramLine(line);
      if ('request' in message) this.#child.stdin?.write(`${open.answer(message.request)}\n`);
      else {
        this.#open = undefined;
        open.settled.resolve(message.answer);
      }
    } catch (error) {
      open?.settled.reject(error);
    }
  }
}
