import { join } from 'node:path';
import { execa } from 'execa';
import { assert } from '../base/assert.ts';
import { CodedError, messageOf } from '../base/errors.ts';
import { TREES_FRAME_BYTES_MAX, TREES_SEND_BYTES_MAX } from '../base/limits-chunks.ts';
import { AnswerFields } from './answer-fields.ts';
import { type AnswerHead, AnswerStream } from './answer-stream.ts';

const STDERR_CHARS_MAX = 1_024;
const HEAD_BYTES = 5;

/** One life of `blockmesh-trees`: requests are gathered and sent, answers come in the order of the requests. */
export class TreesProcess {
  readonly #subprocess: ReturnType<typeof launch>;
  readonly #answers: AnswerStream;
  readonly #signal: AbortSignal;
  #requests: Uint8Array[] = [];
  #gathered = 0;
  #stderr = '';

  /** @param signal ends it in the midst of whatever it does. */
  constructor(mode: 'read' | 'write', signal: AbortSignal) {
    this.#signal = signal;
    this.#subprocess = launch(mode, signal);
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

  /** Resolves once what was gathered is on its way, and there is room for more. @throws trees_cut, trees_failed. */
  async flush(): Promise<void> {
    if (this.#gathered === 0) return;
    const bytes = Buffer.concat(this.#requests);
    this.#requests = [];
    this.#gathered = 0;
    const { stdin } = this.#subprocess;
    if (stdin.write(bytes)) return;
    if (!stdin.destroyed) await this.#drained();
    if (stdin.destroyed) throw await this.#failure();
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
    if (!this.#answers.hasHead) await this.flush();
    return (await this.#answers.head()) ?? (await this.#throwFailure());
  }

  async fields({ length }: AnswerHead): Promise<AnswerFields> {
    return new AnswerFields((await this.#answers.whole(length)) ?? (await this.#throwFailure()));
  }

  /** What an answer carries, as it comes. */
  async *pieces({ length }: AnswerHead): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = (await this.#answers.piece(left)) ?? (await this.#throwFailure());
      left -= piece.length;
      yield piece;
    }
  }

  /** Resolves when it is gone; what was asked and not answered may have happened or not. */
  async end(): Promise<void> {
    this.#subprocess.kill('SIGKILL');
    await this.#gone();
  }

  async #gone(): Promise<unknown> {
    // Its end is only told once nothing waits to be read.
    this.#subprocess.stdout.destroy();
    const { cause } = await this.#subprocess;
    return cause;
  }

  async #throwFailure(): Promise<never> {
    throw await this.#failure();
  }

  async #failure(): Promise<CodedError> {
    const cause = await this.#gone();
    if (this.#signal.aborted) return new CodedError('trees_cut', 'it was cut short', { cause: this.#signal.reason });
    const text = this.#stderr.trim();
    return new CodedError('trees_failed', text === '' ? `blockmesh-trees ended: ${messageOf(cause)}` : text, {
      advice: 'Build it by `make trees`.',
      cause,
    });
  }
}

function launch(mode: 'read' | 'write', signal: AbortSignal) {
  // An installed one is found by PATH, or beside the bundle that this file went into; else `make` has built it.
  const { filename, dirname } = import.meta;
  const place = filename.endsWith('.ts') ? join(dirname, '../../build') : dirname;
  return execa('blockmesh-trees', [mode], {
    env: { PATH: `${process.env.PATH ?? ''}:${place}` },
    extendEnv: false,
    stdio: 'pipe',
    buffer: false,
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: false,
    killSignal: 'SIGKILL',
  });
}
