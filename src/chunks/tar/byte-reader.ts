import { tarError } from './error.ts';

/**
 * Takes a stream in lengths of its own choosing; holds one piece, or what was asked for at once. A piece of the stream is lent
 * until the next is asked for, and so is what `upTo` gives; the other bytes are copies.
 */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array();
  /** Bytes handed out so far. */
  #at = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  get at(): number {
    return this.#at;
  }

  /** @returns null where the stream ended before the first of them. @throws tar_truncated where it ended among them. */
  async tryExactly(length: number): Promise<Buffer | null> {
    let bytes: Buffer | null = null;
    for (let got = 0; got < length; ) {
      const part = await this.#upTo(length - got);
      if (part === null && got === 0) return null;
      if (part === null) throw this.#truncated();
      bytes ??= Buffer.allocUnsafe(length);
      bytes.set(part, got);
      got += part.length;
    }
    return bytes ?? Buffer.alloc(0);
  }

  /** @throws tar_truncated. */
  async exactly(length: number): Promise<Buffer> {
    const bytes = await this.tryExactly(length);
    if (bytes === null && length > 0) throw this.#truncated();
    return bytes ?? Buffer.alloc(0);
  }

  /** The next bytes of the stream, as they come: one at least. @throws tar_truncated. */
  async upTo(most: number): Promise<Uint8Array> {
    const part = await this.#upTo(most);
    if (part === null) throw this.#truncated();
    return part;
  }

  /** Passes over what remains, or `most` bytes of it. */
  async drain(most: number): Promise<void> {
    for (let got = 0; got < most; ) {
      const part = await this.#upTo(most - got);
      if (part === null) return;
      got += part.length;
    }
  }

  /** Tells whoever makes the stream that no more of it is wanted. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #upTo(most: number): Promise<Uint8Array | null> {
    while (this.#piece.length === 0) {
      const { value, done } = await this.#source.next();
      if (done === true) return null;
      this.#piece = value;
    }
    const part = this.#piece.subarray(0, most);
    this.#piece = this.#piece.subarray(part.length);
    this.#at += part.length;
    return part;
  }

  #truncated() {
    return tarError('tar_truncated', 'the archive ends in the midst of something', { at: this.#at });
  }
}
