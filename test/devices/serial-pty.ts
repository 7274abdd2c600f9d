import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../src/base/ports.ts';

/** The real clock, as the node has it. */
export const realClock: Clock = {
  now: () => ({ wallMs: Date.now(), quality: 'synced' }),
  monotonicMs: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Real waits at a time that the test sets: however long a machine takes between two reads, a card lies there until the
 * test takes it away.
 */
export function stillClock() {
  const time = { ms: 1_000_000 };
  const clock: Clock = { ...realClock, monotonicMs: () => time.ms };
  return { time, clock };
}

export interface Pty {
  readonly process: ChildProcessWithoutNullStreams;
  /** Dies without a word, as a pulled plug does; then the name is gone too, as udev sees to it. */
  unplug(): Promise<void>;
}

/** A pseudo-terminal at `path` that carries what is written to the process's standard input, or `from`. */
export async function plugIn(path: string, from = '-'): Promise<Pty> {
  const process = spawn('socat', ['-d', '-d', `pty,raw,echo=0,link=${path}`, from]);
  process.stdin.on('error', () => undefined);
  process.stdout.resume();
  // "starting data transfer loop" is said once the link stands.
  await new Promise<void>((resolve, reject) => {
    let said = '';
    process.stderr.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4096);
      if (said.includes('starting data transfer')) resolve();
    });
    process.on('error', reject);
    process.on('exit', () => reject(new Error(`socat ended: ${said}`)));
  });
  return {
    process,
    unplug: async () => {
      if (process.exitCode !== null || process.signalCode !== null) return;
      const gone = once(process, 'exit');
      process.kill('SIGKILL');
      await gone;
      // What it leads to may be the terminal of another test by now.
      rmSync(path, { force: true });
    },
  };
}

/** Collects values and lets a test wait for the next one it has not taken yet. */
export class Inbox<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  readonly put = (value: T): void => {
    const taker = this.#waiting.shift();
    if (taker) taker(value);
    else this.#values.push(value);
  };

  get size(): number {
    return this.#values.length;
  }

  take(): Promise<T> {
    const value = this.#values.shift();
    return value !== undefined ? Promise.resolve(value) : new Promise((resolve) => this.#waiting.push(resolve));
  }
}
