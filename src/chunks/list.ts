import { CodedError } from '../base/errors.ts';
import {
  BLOB_BYTES_MAX,
  CHUNK_BYTES_MAX,
  LIST_BYTES_MAX,
  LIST_HEIGHT_MAX,
  LIST_PARTS_MAX,
} from '../base/limits-chunks.ts';
import { decodeValue, encodeValue } from '../format/codec.ts';
import { Fields } from '../format/fields.ts';

/** A part of a blob: a chunk, or a list of the height below. */
export interface Part {
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array;
  /** Bytes of the blob that lie under it. */
  readonly length: number;
}

/** What a blob is made of; see STORE.md. */
export interface List {
  /** From 1: a list of chunks. */
  readonly height: number;
  readonly parts: readonly Part[];
}

const DIGEST_BYTES = 32;
const PARTS_MIN = 2;

export function listLength({ parts }: Pick<List, 'parts'>): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

export function encodeList({ height, parts }: List): Uint8Array {
  const digests = new Uint8Array(DIGEST_BYTES * parts.length);
  for (const [index, { digest }] of parts.entries()) digests.set(digest, DIGEST_BYTES * index);
  return encodeValue({ height, lengths: parts.map(({ length }) => length), parts: digests });
}

/** What is known of a list before it is read. */
export interface ListPromise {
  readonly height: number;
  readonly length: number;
  /** Whether no list stands above it. */
  readonly isTop: boolean;
}

/**
 * A list as it came from anywhere; whether the bytes are those of its id has been checked before.
 * @param wanted null: it is the topmost one, and nothing else is known.
 * @throws list_form; the codes of `decodeValue`.
 */
export function decodeList(bytes: Uint8Array, wanted: ListPromise | null): List {
  const fields = new Fields(decodeValue(bytes, LIST_BYTES_MAX), 'list_form', 'list');
  const height = fields.integer('height', 1, LIST_HEIGHT_MAX);
  const lengths = fields.list('lengths', LIST_PARTS_MAX);
  // Only the last list of a height may have a single part, and it is never the topmost one.
  if (lengths.length < (wanted === null || wanted.isTop ? PARTS_MIN : 1)) fields.refuse('lengths', 'longer');
  const digests = fields.bytes('parts', DIGEST_BYTES * lengths.length);
  fields.end();
  const most = height === 1 ? CHUNK_BYTES_MAX : BLOB_BYTES_MAX;
  const parts = lengths.map((value, index): Part => {
    const length = typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
    if (length < 1 || length > most) fields.refuse('lengths', `integers from 1 to ${most}`);
    return { digest: digests.subarray(DIGEST_BYTES * index, DIGEST_BYTES * (index + 1)), length };
  });
  const list = { height, parts };
  const length = listLength(list);
  if (length > BLOB_BYTES_MAX) fields.refuse('lengths', `at most ${BLOB_BYTES_MAX} together`);
  if (wanted !== null && (height !== wanted.height || length !== wanted.length)) {
    throw new CodedError('list_form', 'list: height and length are not those the list above it promised', {
      fields: { height, length, wantedHeight: wanted.height, wantedLength: wanted.length },
    });
  }
  return list;
}
