import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';
import { sha256 } from '../format/ids.ts';
import type { BlobId } from './blob-id.ts';
import { decodeList, listLength, type Part } from './list.ts';
import type { BlobRoot } from './list-writer.ts';

/** Where chunks and lists come from. @returns null where there is none; what comes is not believed. */
export type Fetch = (digest: Uint8Array) => Promise<Uint8Array | null>;

/** Bytes of a blob, the first one included and the last one not. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** A chunk, and where in its blob it begins. */
export interface PlacedChunk extends Part {
  readonly offset: number;
}

/**
 * What stands at the top of a blob, for whoever knows its id alone. @returns null for one without bytes.
 * @throws chunk_missing, chunk_rotten, list_form.
 */
export async function openBlob({ kind, digest }: BlobId, fetch: Fetch): Promise<BlobRoot | null> {
  const bytes = await fetchChunk(digest, fetch);
  if (kind === 'chunk') return bytes.length === 0 ? null : { digest, height: 0, length: bytes.length };
  const list = decodeList(bytes, null);
  return { digest, height: list.height, length: listLength(list) };
}

/**
 * The chunks that hold the bytes of a range, in their order: asks for the lists on the way to them, one of each height at
 * a time, and for nothing else.
 * @throws chunk_missing, chunk_rotten, list_form.
 */
export async function* chunksOfBlob(root: BlobRoot, range: ByteRange, fetch: Fetch): AsyncGenerator<PlacedChunk> {
  assert(range.from >= 0 && range.from <= range.to && range.to <= root.length, 'a range lies in its blob');
  yield* under(root, root.height, { offset: 0, isTop: true }, range, fetch);
}

/**
 * The bytes of a range, chunk by chunk, each checked.
 * @throws chunk_missing, chunk_rotten, list_form.
 */
export async function* readBlob(root: BlobRoot, range: ByteRange, fetch: Fetch): AsyncGenerator<Uint8Array> {
  for await (const { digest, length, offset } of chunksOfBlob(root, range, fetch)) {
    const bytes = await fetchChunk(digest, fetch);
    if (bytes.length !== length) {
      throw new CodedError('list_form', 'a list tells another length of a chunk than it has', {
        fields: { offset, length, found: bytes.length },
      });
    }
    yield bytes.subarray(Math.max(0, range.from - offset), Math.min(length, range.to - offset));
  }
}

async function* under(
  part: Part,
  height: number,
  { offset, isTop }: { readonly offset: number; readonly isTop: boolean },
  range: ByteRange,
  fetch: Fetch,
): AsyncGenerator<PlacedChunk> {
  if (offset >= range.to || offset + part.length <= range.from) return;
  if (height === 0) {
    yield { ...part, offset };
    return;
  }
  const bytes = await fetchChunk(part.digest, fetch);
  const list = decodeList(bytes, { height, length: part.length, isTop });
  let at = offset;
  for (const child of list.parts) {
    yield* under(child, height - 1, { offset: at, isTop: false }, range, fetch);
    at += child.length;
  }
}

/**
 * A chunk, a list or a document, checked against its name.
 * @throws chunk_missing, chunk_rotten.
 */
export async function fetchChunk(digest: Uint8Array, fetch: Fetch): Promise<Uint8Array> {
  const bytes = await fetch(digest);
  const fields = { digest: Buffer.from(digest).toString('hex') };
  if (bytes === null) throw new CodedError('chunk_missing', 'a chunk of it is not here', { fields });
  if (Buffer.compare(sha256(bytes), digest) !== 0) {
    throw new CodedError('chunk_rotten', 'a chunk of it is not what its name says', { fields });
  }
  return bytes;
}
