import { createHash } from 'node:crypto';
import { equalBytes } from '../base/bytes.ts';
import { CHUNKER_BLOCK_BYTES } from '../base/limits-chunks.ts';
import { chunksOfBlob, type Fetch, type PlacedChunk } from '../chunks/blob-reader.ts';
import type { Content } from '../chunks/tree/entry.ts';
import { sha256 } from '../format/ids.ts';
import { lengthOf } from './content-source.ts';
import { isLost } from './lost.ts';
import type { TreeWriter } from './writer.ts';

/**
 * Whether a file of the directory in which the writer stands has this content: reads it all and compares digests, so that
 * chunks need not be fetched, only their lists.
 * @throws list_form.
 */
export async function hasContent(
  writer: TreeWriter,
  name: Uint8Array,
  content: Content,
  fetch: Fetch,
): Promise<boolean> {
  const comparison = new Comparison(partsOf(content, fetch));
  const end = await writer.content(name, (bytes, length) => comparison.feed(bytes, length));
  return end.isOpened && end.code === 0 && end.after.bytes === lengthOf(content) && (await comparison.isSame());
}

type PartOf = Pick<PlacedChunk, 'digest' | 'length'>;

async function* partsOf(content: Content, fetch: Fetch): AsyncGenerator<PartOf, void> {
  if (!('inline' in content)) yield* chunksOfBlob(content, { from: 0, to: content.length }, fetch);
  else if (content.inline.length > 0) yield { digest: sha256(content.inline), length: content.inline.length };
}

class Comparison {
  readonly #parts: AsyncGenerator<PartOf, void>;
  readonly #zeros = new Uint8Array(CHUNKER_BLOCK_BYTES);
  #part: PartOf | null = null;
  #hash = createHash('sha256');
  /** Bytes of the part that are still to come. */
  #left = 0;
  #isSame = true;

  constructor(parts: AsyncGenerator<PartOf, void>) {
    this.#parts = parts;
  }

  async feed(bytes: Uint8Array | null, length: number): Promise<void> {
    for (let at = 0; at < length && this.#isSame; ) {
      await this.#begin();
      if (!this.#isSame) return;
      const most = Math.min(this.#left, length - at, CHUNKER_BLOCK_BYTES);
      this.#hash.update(bytes === null ? this.#zeros.subarray(0, most) : bytes.subarray(at, at + most));
      at += most;
      this.#left -= most;
      if (this.#left === 0) this.#finish();
    }
  }

  /** Whether all parts came. */
  async isSame(): Promise<boolean> {
    const isAtEnd = this.#part === null && (await this.#next()).done === true;
    return this.#isSame && isAtEnd;
  }

  /** Where a list of it is lost, it cannot be told to be the same. */
  async #next(): Promise<IteratorResult<PartOf, void>> {
    try {
      return await this.#parts.next();
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#isSame = false;
      return { done: true, value: undefined };
    }
  }

  async #begin(): Promise<void> {
    if (this.#part !== null) return;
    const { value, done } = await this.#next();
    if (done === true) {
      this.#isSame = false;
      return;
    }
    this.#part = value;
    this.#left = value.length;
    this.#hash = createHash('sha256');
  }

  #finish(): void {
    if (this.#part === null || !equalBytes(this.#hash.digest(), this.#part.digest)) this.#isSame = false;
    this.#part = null;
  }
}
