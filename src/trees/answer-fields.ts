import { assert } from '../base/assert.ts';

/** Reads an answer of `blockmesh-trees` field by field; the least significant byte comes first. See TREES.md. */
export class AnswerFields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#step(1));
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#step(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#step(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#step(8));
  }

  /**
   * A count of bytes or seconds. The kernel keeps them in 63 bits and a sign, and anybody may set a time or make a file
   * with a hole so that these are needed: what is beyond a safe integer comes as the last of these.
   */
  i64(): number {
    const value = Number(this.#bytes.readBigInt64LE(this.#step(8)));
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
  }

  /** The bytes are those of the answer. */
  bytes(length: number): Buffer {
    const from = this.#step(length);
    return this.#bytes.subarray(from, from + length);
  }

  #step(length: number): number {
    const from = this.#at;
    this.#at += length;
    assert(this.#at <= this.#bytes.length, 'an answer has all of its fields');
    return from;
  }
}
