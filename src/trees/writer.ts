import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';
import { TREES_DATA_BYTES_MAX, TREES_UNANSWERED_MAX } from '../base/limits-chunks.ts';
import type { ContentEnd, OnContent } from './content-end.ts';
import { contentFrom } from './file-content.ts';
import { errorName } from './problems.ts';
import { named, u8 } from './request-bytes.ts';
import { TreesProcess } from './trees-process.ts';

/** How one thing that was asked went. */
export interface WriteEnd {
  /** An error number: it was not made. 0: it was. */
  readonly code: number;
  /** What could not be set of it, and the error number of the first of these. */
  readonly unset: readonly Unset[];
  readonly unsetCode: number;
}

export type Unset = (typeof UNSET)[number];
/** In the order of the bits. */
const UNSET = ['owner', 'mode', 'attributes', 'time', 'set_id'] as const;

/** It lies in a directory that could not be entered. */
export const ECANCELED = 125;
/** After one of these nothing else will go well: EIO, ENOSPC, EROFS, EDQUOT. */
const FATAL: readonly number[] = [5, 28, 30, 122];

/**
 * Writes a folder by `blockmesh-trees write`: stands in one directory, and goes into those in it and back. Requests go
 * ahead of their answers, `TREES_UNANSWERED_MAX` at most; each answer goes to the callback of its request.
 */
export class TreeWriter {
  readonly #process: TreesProcess;
  readonly #waiting: ((end: WriteEnd) => void)[] = [];

  constructor(signal: AbortSignal) {
    this.#process = new TreesProcess('write', signal);
  }

  /** @param isDraft it is ours alone. @returns an error number, or 0. */
  async open(folder: Uint8Array, isDraft: boolean): Promise<number> {
    return (await this.#outcome('o', [u8(isDraft ? 1 : 0), named(folder)])).code;
  }

  /** @throws tree_not_written; trees_cut, trees_failed. */
  async ask(type: string, parts: readonly Uint8Array[], onEnd: (end: WriteEnd) => void): Promise<void> {
    this.#waiting.push(onEnd);
    if (this.#process.send(type, ...parts)) await this.#process.flush();
    if (this.#waiting.length >= TREES_UNANSWERED_MAX) await this.#hearUntil(TREES_UNANSWERED_MAX / 2);
  }

  async beginFile(name: Uint8Array, leavesHoles: boolean): Promise<void> {
    if (this.#process.send('f', u8(leavesHoles ? 1 : 0), named(name))) await this.#process.flush();
  }

  async data(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; from += TREES_DATA_BYTES_MAX) {
      if (this.#process.send('w', bytes.subarray(from, from + TREES_DATA_BYTES_MAX))) await this.#process.flush();
    }
  }

  /** Leaves out the file that is being written, if there is one. */
  async dropFile(): Promise<void> {
    if (this.#process.send('x')) await this.#process.flush();
  }

  /** Asks whether the file that is being written goes well so far. @throws as `ask`. */
  async check(): Promise<void> {
    await this.ask('q', [], () => undefined);
    await this.drain();
  }

  /** Reads a file of this directory. */
  async content(name: Uint8Array, onContent: OnContent): Promise<ContentEnd> {
    await this.drain();
    this.#process.send('v', named(name));
    return await contentFrom(this.#process, onContent);
  }

  /** Resolves once all was answered. @throws as `ask`. */
  drain(): Promise<void> {
    return this.#hearUntil(0);
  }

  /** Resolves once all is on the disk. @throws as `ask`. */
  async sync(): Promise<void> {
    await this.#mustDo('y');
  }

  /** Removes all that is in the root. */
  async wipe(): Promise<void> {
    await this.#mustDo('z');
  }

  end(): Promise<void> {
    return this.#process.end();
  }

  async #mustDo(type: string): Promise<void> {
    const { code } = await this.#outcome(type, []);
    if (code !== 0) throw notWritten(code);
  }

  async #outcome(type: string, parts: readonly Uint8Array[]): Promise<WriteEnd> {
    const { promise, resolve } = Promise.withResolvers<WriteEnd>();
    await this.ask(type, parts, resolve);
    await this.drain();
    return await promise;
  }

  async #hearUntil(left: number): Promise<void> {
    while (this.#waiting.length > left) {
      const head = await this.#process.head();
      assert(head.type === 'A', 'a request to write is answered');
      const fields = await this.#process.fields(head);
      const code = fields.u32();
      const bits = fields.u8();
      const end = { code, unset: UNSET.filter((_, bit) => (bits & (1 << bit)) !== 0), unsetCode: fields.u32() };
      if (FATAL.includes(code)) throw notWritten(code);
      this.#waiting.shift()?.(end);
    }
  }
}

function notWritten(code: number): CodedError {
  return new CodedError('tree_not_written', `the tree cannot be written: ${errorName(code)}`, {
    fields: { error: errorName(code) },
    advice: 'See to the disk it goes to, make room there, and run it again.',
  });
}
