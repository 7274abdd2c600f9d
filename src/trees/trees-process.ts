import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { assert } from '../base/assert.ts';
import { CodedError, messageOf } from '../base/errors.ts';
import { TREES_FRAME_BYTES_MAX, TREES_SEND_BYTES_MAX } from '../base/limits-chunks.ts';
import { AnswerFields } from './answer-fields.ts';
import { type AnswerHead, AnswerStream } from './answer-stream.ts';

const STDERR_CHARS_MAX = 1_024;
const HEAD_BYTES = 5;

/** One life of `blockmesh-trees`: requests are gathered and sent, answers come in their order. */
export class TreesProcess {
  readonly #subprocess: ReturnType<typeof launch>;
  /** Resolves with how it ended, once nothing of it waits to be read. */
  readonly #closed: Promise<string>;
  readonly #answers: AnswerStream;
  readonly #signal: AbortSignal;
  #requests: Uint8Array[] = [];
  #gathered = 0;
  #stderr = '';

  /** @param signal ends it in the midst of whatever it does. */
  constructor(mode: 'read' | 'write', signal: AbortSignal) {
    this.#signal = signal;
    this.#subprocess = launch(mode, signal);
    this.#closed = howItEnds(this.#subprocess);
    const { stdin, stdout, stderr } = this.#subprocess;
    // What it could not be told any more, its end will explain.
    stdin.on('error', () => undefined);
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARS_MAX);
    });
    this.#answers = new AnswerStream(stdout);
  }

  /** undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#subprocess.pid;
  }

  /** The bytes are its own until they are sent. @returns whether it is time to `flush`. */
  send(type: string, ...parts: readonly Uint8Array[]): boolean {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    assert(length <= TREES_FRAME_BYTES_MAX, 'a request is within its cap');
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(length);
    head.write(type, HEAD_BYTES - 1, 'latin1');
    this.#requests.push(head, ...parts);
    this.#gathered += HEAD_BYTES + length;
    return this.#gathered >= TREES_SEND_BYTES_MAX;
  }

  /** Puts what was gathered on its way. Waits for nothing: the process may itself wait for its answers to be taken. */
  push(): void {
    if (this.#gathered === 0) return;
    const bytes = Buffer.concat(this.#requests);
    this.#requests = [];
    this.#gathered = 0;
    this.#subprocess.stdin.write(bytes);
  }

  /** Resolves once what was gathered is on its way, and there is room for more. @throws trees_cut, trees_failed. */
  async flush(): Promise<void> {
    this.push();
    const { stdin } = this.#subprocess;
    if (stdin.writableNeedDrain && !stdin.destroyed) await this.#drained();
    if (stdin.destroyed) await this.#fail();
  }

  async #drained(): Promise<void> {
    const { stdin } = this.#subprocess;
    await new Promise<void>((resolve) => {
      const done = () => {
        stdin.off('drain', done).off('close', done);
        resolve();
      };
      stdin.on('drain', done).on('close', done);
    });
  }

  /** @throws trees_cut, trees_failed. */
  async head(): Promise<AnswerHead> {
    // What has arrived is taken first: it waits for nothing that was gathered since.
    if (!this.#answers.hasHead) this.push();
    return (await this.#answers.head()) ?? (await this.#fail());
  }

  async fields({ length }: AnswerHead): Promise<AnswerFields> {
    return new AnswerFields((await this.#answers.whole(length)) ?? (await this.#fail()));
  }

  /** What an answer carries, as it comes. */
  async *pieces({ length }: AnswerHead): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = (await this.#answers.piece(left)) ?? (await this.#fail());
      left -= piece.length;
      yield piece;
    }
  }

  /** Resolves when it is gone; what was asked and not answered may have happened or not. */
  async end(): Promise<void> {
    this.#subprocess.kill('SIGKILL');
    await this.#gone();
  }

  #gone(): Promise<string> {
    // Its end is only told once nothing waits to be read.
    this.#subprocess.stdout.destroy();
    return this.#closed;
  }

  async #fail(): Promise<never> {
    const end = await this.#gone();
    if (this.#signal.aborted) throw new CodedError('trees_cut', 'it was cut short', { cause: this.#signal.reason });
    const text = this.#stderr.trim();
    throw new CodedError('trees_failed', text === '' ? `blockmesh-trees ended: ${end}` : text, {
      advice: 'Build it by `make trees`.',
    });
  }
}

function launch(mode: 'read' | 'write', signal: AbortSignal) {
  // An installed one is found by PATH, or beside the bundle that this file went into; else `make` has built it.
  const { filename, dirname } = import.meta;
  const place = filename.endsWith('.ts') ? join(dirname, '../../build') : dirname;
  return spawn('blockmesh-trees', [mode], {
    env: { PATH: `${process.env.PATH ?? ''}:${place}` },
    stdio: 'pipe',
    signal,
    killSignal: 'SIGKILL',
  });
}

function howItEnds(subprocess: ReturnType<typeof launch>): Promise<string> {
  return new Promise((resolve) => {
    let failure: Error | null = null;
    // It could not be started, or was cut; then it closes, too.
    subprocess.on('error', (error) => {
      failure ??= error;
    });
    subprocess.on('close', (code, killedBy) => {
      resolve(failure === null ? `${killedBy ?? `exit code ${code}`}` : messageOf(failure));
    });
  });
}
