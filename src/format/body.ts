import { concat, equalBytes } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { sha256 } from './ids.ts';

/**
 * The body of an entry. It rides beside its block with its salt; under the signature stand only its size and
 * SHA-256(salt ‖ bytes), so that body and salt can be erased later and the chain stays valid, and so that what was
 * erased cannot be guessed from the hash.
 */
export interface Body {
  /** 16 random bytes. */
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
}

export const SALT_BYTES = 16;
export const BODY_HASH_BYTES = 32;

export function bodyHash(body: Body): Uint8Array {
  return sha256(concat(body.salt, body.bytes));
}

/** @throws body_salt, body_size, body_hash when `body` is not the one that `entry` commits to. */
export function checkBody(body: Body, entry: { readonly size: number; readonly body: Uint8Array }): void {
  if (body.salt.length !== SALT_BYTES) {
    throw new CodedError('body_salt', `a salt has ${SALT_BYTES} bytes`, { fields: { bytes: body.salt.length } });
  }
  if (body.bytes.length !== entry.size) {
    throw new CodedError('body_size', 'the body is not of the size its entry says', {
      fields: { bytes: body.bytes.length, size: entry.size },
    });
  }
  if (!equalBytes(bodyHash(body), entry.body)) {
    throw new CodedError('body_hash', 'the body does not match the hash in its entry');
  }
}
