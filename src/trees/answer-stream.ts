import { assert } from '../base/assert.ts';
import { TREES_FRAME_BYTES_MAX } from '../base/limits-chunks.ts';

export interface AnswerHead {
  readonly type: string;
  /** Of what the answer carries. */
  readonly length: number;
}

const HEAD_BYTES = 5;

/** Answers of `blockmesh-trees` as they come: a head, and then what it carries, whole or piece by piece. */
export class AnswerStream {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Whether the next answer has begun to arrive. */
  get hasHead(): boolean {
    return this.#rest.length >= HEAD_BYTES;
  }

  /** @returns null when there are no more. */
  async head(): Promise<AnswerHead | null> {
    if (this.#rest.length < HEAD_BYTES && !(await this.#fill(HEAD_BYTES))) return null;
    const length = this.#rest.readUInt32LE(0);
    const type = String.fromCharCode(this.#rest.readUInt8(4));
    assert(length <= TREES_FRAME_BYTES_MAX, 'an answer is within its cap');
    this.#rest = this.#rest.subarray(HEAD_BYTES);
    return { type, length };
  }

  /** @returns null when the answers ended in the midst of it. */
  async whole(length: number): Promise<Buffer | null> {
    if (this.#rest.length < length && !(await this.#fill(length))) return null;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  /** The next piece of what remains to come of an answer, at most `length` bytes; null as for `whole`. */
  async piece(length: number): Promise<Buffer | null> {
    if (this.#rest.length === 0 && !(await this.#fill(1))) return null;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(bytes.length);
    return bytes;
  }

  async #fill(length: number): Promise<boolean> {
    const parts = [this.#rest];
    let held = this.#rest.length;
    while (held < length) {
      const next = await this.#source.next();
      if (next.done === true) return false;
      parts.push(next.value);
      held += next.value.length;
    }
    this.#rest =
      parts[0]?.length === 0 && parts[1] !== undefined && parts.length === 2 ? parts[1] : Buffer.concat(parts);
    return true;
  }
}
