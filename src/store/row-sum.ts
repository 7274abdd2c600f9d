import { assert } from '../base/assert.ts';
import { concat, equalBytes, utf8 } from '../base/bytes.ts';
import { CodedError, type ErrorFields } from '../base/errors.ts';
import { sha256 } from '../format/ids.ts';

/**
 * Fingerprints of rows: the first 16 bytes of a SHA-256 over what the row says. They tell what a disk has spoiled from
 * what we wrote; they keep nobody from writing rows of their own.
 */
const SUM_BYTES = 16;

/** The digest over no row. */
export const EMPTY_DIGEST: Uint8Array = new Uint8Array(SUM_BYTES);

/** The plain columns of a row after the name of its table, and its one blob, if it has one. */
export type RowWords = readonly [table: string, ...rest: (string | number | null)[]];

export function rowSum(words: RowWords, blob: Uint8Array | null = null): Uint8Array {
  // JSON has no bare NUL, so that words and blob never run into each other.
  const head = utf8(`${JSON.stringify(words)}${blob === null ? '' : '\0'}`);
  return sha256(blob === null ? head : concat(head, blob)).subarray(0, SUM_BYTES);
}

/** @throws store_damaged when the row does not have the fingerprint beside it. */
export function checkRow(words: RowWords, blob: Uint8Array | null, sum: Uint8Array): void {
  const [table, ...rest] = words;
  if (blob !== null) checkedBlob(table, blob);
  if (!equalBytes(rowSum(words, blob), checkedBlob(table, sum))) {
    throw damaged(`a row of ${table} is not as it was written`, { table, row: JSON.stringify(rest).slice(0, 200) });
  }
}

/**
 * SQLite keeps the type of a value beside it, and the disk can spoil that too: a blob comes back as text, or as null.
 * @throws store_damaged.
 */
export function checkedBlob(table: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw damaged(`a row of ${table} is not as it was written`, { table });
}

/** The digest over a set of rows: theirs summed up bit by bit, so that one row goes in or out by itself. */
export class Digest {
  readonly bytes: Uint8Array;

  constructor(start: Uint8Array) {
    assert(start.length === SUM_BYTES, 'a digest has 16 bytes');
    this.bytes = new Uint8Array(start);
  }

  /** Takes a row in, or out when it is in. */
  flip(sum: Uint8Array): void {
    for (let at = 0; at < SUM_BYTES; at += 1) this.bytes[at] = (this.bytes[at] ?? 0) ^ (sum[at] ?? 0);
  }
}

/** What the disk gives back is not what was written. */
export function damaged(message: string, fields: ErrorFields): CodedError {
  return new CodedError('store_damaged', `the ledger is damaged: ${message}`, {
    fields,
    advice: 'Keep the file; `blockmesh repair` says what is lost and saves the rest.',
  });
}
