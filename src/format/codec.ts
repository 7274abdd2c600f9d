import { CodedError } from '../base/errors.ts';
import { CBOR_DEPTH_MAX, CBOR_ITEMS_MAX } from '../base/limits.ts';
import { decodeCanonical } from './cbor-decode.ts';
import { encodeCanonical, lendCanonical } from './cbor-encode.ts';

/**
 * The one canonical codec (dag-cbor). Values are null, booleans, integers within ±(2^53 − 1), text, Uint8Array,
 * CIDs, arrays and plain objects. It is our own because being strict needs a walk over the bytes anyway: built on the
 * way, the value costs a third of what a second walk by a library does.
 */

const CAPS = { depthMax: CBOR_DEPTH_MAX, itemsMax: CBOR_ITEMS_MAX };

/**
 * Canonical bytes of `value`.
 * @throws cbor_unencodable for what the form has no place for; the codes of `encodeCanonical` for floats, refused
 * keys, and values over the caps: what cannot be read back is never written.
 */
export function encodeValue(value: unknown): Uint8Array {
  return encodeCanonical(value, CAPS);
}

/** As `encodeValue`, and lent as `lendCanonical` does. */
export function lendValue<Result>(value: unknown, headBytes: number, take: (bytes: Uint8Array) => Result): Result {
  return lendCanonical(value, CAPS, headBytes, take);
}

/**
 * The value that `bytes` are the canonical form of.
 * @throws cbor_too_large over `bytesMax`; a `cbor_…` code for each way of not being canonical (`cbor-decode.ts`).
 */
export function decodeValue(bytes: Uint8Array, bytesMax: number): unknown {
  if (bytes.length > bytesMax) {
    throw new CodedError('cbor_too_large', `${bytes.length} bytes where at most ${bytesMax} are allowed`, {
      fields: { bytes: bytes.length, bytesMax },
    });
  }
  return decodeCanonical(bytes, CAPS);
}
