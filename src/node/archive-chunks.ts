import { createCipheriv, createDecipheriv } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { concat } from '../base/bytes.ts';
import { BACKUP_CHUNK_BYTES_MAX } from '../base/limits.ts';
import { type ArchiveKeys, isSameTag, plainTag } from './archive-secret.ts';

/**
 * The chunks of a backup: 64 KiB each but for the last, each with a tag of 16 bytes that also says its number and
 * whether it is the last. So chunks that were changed, swapped, doubled, left out or cut off do not open. This is the
 * STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) with AES-256-GCM.
 */

const CIPHER = 'aes-256-gcm';
const CHUNK_TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = BACKUP_CHUNK_BYTES_MAX + CHUNK_TAG_BYTES;
const NONCE_BYTES = 12;
const NUMBER_AT = 7;
const LAST_AT = 11;
const NUMBER_MAX = 0xffff_ffff;

/** Unique under a key, since every file has a key of its own. */
function nonceOf(number: number, isLast: boolean): Uint8Array {
  assert(number <= NUMBER_MAX, 'a backup has fewer than 2^32 chunks');
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(number, NUMBER_AT);
  nonce[LAST_AT] = isLast ? 1 : 0;
  return nonce;
}

export function sealChunk(
  keys: ArchiveKeys,
  salt: Uint8Array,
  number: number,
  isLast: boolean,
  chunk: Uint8Array,
): Uint8Array {
  const nonce = nonceOf(number, isLast);
  if (keys.chunks === null) return concat(chunk, plainTag(nonce, chunk, salt));
  const cipher = createCipheriv(CIPHER, keys.chunks, nonce);
  return concat(cipher.update(chunk), cipher.final(), cipher.getAuthTag());
}

/** Null when it is not the chunk with this number, and last or not. */
export function openChunk(
  keys: ArchiveKeys,
  salt: Uint8Array,
  number: number,
  isLast: boolean,
  sealed: Uint8Array,
): Uint8Array | null {
  if (sealed.length < CHUNK_TAG_BYTES) return null;
  const nonce = nonceOf(number, isLast);
  const body = sealed.subarray(0, sealed.length - CHUNK_TAG_BYTES);
  const tag = sealed.subarray(sealed.length - CHUNK_TAG_BYTES);
  if (keys.chunks === null) return isSameTag(plainTag(nonce, body, salt), tag) ? body : null;
  const decipher = createDecipheriv(CIPHER, keys.chunks, nonce, { authTagLength: CHUNK_TAG_BYTES });
  decipher.setAuthTag(tag);
  try {
    return concat(decipher.update(body), decipher.final());
  } catch {
    return null;
  }
}
