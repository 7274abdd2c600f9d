import { CodedError } from '../base/errors.ts';
import { BLOCK_ENTRIES_MAX, BODY_BYTES_MAX } from '../base/limits.ts';
import { type Body, SALT_BYTES } from '../format/body.ts';
import { decodeValue, encodeValue } from '../format/codec.ts';

/** The bodies of one block as its row has them: a canonical list of `[salt, body]`, null for one that was erased. */

/** Room for the salts and the list around them. */
const BYTES_MAX = BLOCK_ENTRIES_MAX * (BODY_BYTES_MAX + SALT_BYTES + 16);

export function encodeBodies(bodies: readonly (Body | null)[]): Uint8Array {
  return encodeValue(bodies.map((body) => (body === null ? null : [body.salt, body.bytes])));
}

/** None at all where what lies there cannot be read; whether they are those of their block, `openStored` checks. */
export function decodeBodies(bytes: Uint8Array): readonly (Body | null)[] {
  try {
    const list = decodeValue(bytes, BYTES_MAX);
    return Array.isArray(list) ? list.map(toBody) : [];
  } catch (error) {
    if (error instanceof CodedError) return [];
    throw error;
  }
}

function toBody(item: unknown): Body | null {
  if (item === null) return null;
  const [salt, bytes] = Array.isArray(item) && item.length === 2 ? item : [];
  if (salt instanceof Uint8Array && bytes instanceof Uint8Array) return { salt, bytes };
  throw new CodedError('store_damaged', 'a body is a salt and bytes');
}
