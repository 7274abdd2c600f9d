import { decode, encode } from '@ipld/dag-cbor';
import { CID } from 'multiformats/cid';
import { CodedError } from '../base/errors.ts';
import { CBOR_DEPTH_MAX, CBOR_ITEMS_MAX } from '../base/limits.ts';
import { scanCanonical } from './cbor-scan.ts';

/**
 * The one canonical codec (dag-cbor). Values are null, booleans, integers within ±(2^53 − 1), text, Uint8Array,
 * CIDs, arrays and plain objects.
 */

const CAPS = { depthMax: CBOR_DEPTH_MAX, itemsMax: CBOR_ITEMS_MAX };

/**
 * Canonical bytes of `value`.
 * @throws cbor_unencodable for what the form has no place for; the `cbor_…` codes of the scan for floats, refused
 * keys, and values over the caps: what cannot be read back is never written.
 */
export function encodeValue(value: unknown): Uint8Array {
  checkPlain(value, 0);
  let bytes: Uint8Array;
  try {
    bytes = encode(value);
  } catch (cause) {
    throw new CodedError('cbor_unencodable', 'the value has no canonical form', { cause });
  }
  scanCanonical(bytes, CAPS);
  return bytes;
}

/** Refuses what the library would write as something else, such as a lone surrogate, a Map, or bytes of a float. */
function checkPlain(value: unknown, depth: number): void {
  if (typeof value === 'bigint') throw unencodable('a bigint');
  if (typeof value === 'string' && !value.isWellFormed()) throw unencodable('text with a lone surrogate');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof CID) return;
  if (depth >= CBOR_DEPTH_MAX) throw new CodedError('cbor_depth', 'nested too deeply');
  if (Array.isArray(value)) {
    for (const item of value) checkPlain(item, depth + 1);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw unencodable('an object that is not plain');
  for (const [key, item] of Object.entries(value)) {
    if (key === '/') throw new CodedError('cbor_key', 'the key / is refused');
    checkPlain(key, depth + 1);
    checkPlain(item, depth + 1);
  }
}

function unencodable(what: string): CodedError {
  return new CodedError('cbor_unencodable', `${what} has no canonical form`);
}

/**
 * The value that `bytes` are the canonical form of.
 * @throws cbor_too_large over `bytesMax`; a `cbor_…` code for each way of not being canonical (`cbor-scan.ts`).
 */
export function decodeValue(bytes: Uint8Array, bytesMax: number): unknown {
  if (bytes.length > bytesMax) {
    throw new CodedError('cbor_too_large', `${bytes.length} bytes where at most ${bytesMax} are allowed`, {
      fields: { bytes: bytes.length, bytesMax },
    });
  }
  scanCanonical(bytes, CAPS);
  return decode(bytes);
}
