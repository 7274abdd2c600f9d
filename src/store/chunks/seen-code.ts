import { equalBytes } from '../../base/bytes.ts';
import { BLOB_BYTES_MAX, LIST_HEIGHT_MAX } from '../../base/limits-chunks.ts';
import type { BlobRoot } from '../../chunks/list-writer.ts';
import type { FileLook } from '../../chunks/ports.ts';
import { sha256 } from '../../format/ids.ts';

/** How the rows of seen files are written: numbers of 8 bytes each, the least significant byte first. */

const NUMBER_BYTES = 8;
const DIGEST_BYTES = 32;
const CONTENT_BYTES = DIGEST_BYTES + 2 * NUMBER_BYTES;
const CHECK_BYTES = 8;

/** Only ever compared. */
export function encodeLook({ device, inode, bytes, modifiedNs, changedNs }: FileLook): Uint8Array {
  const row = Buffer.allocUnsafe(5 * NUMBER_BYTES);
  row.writeBigUInt64LE(device, 0);
  row.writeBigUInt64LE(inode, NUMBER_BYTES);
  row.writeBigInt64LE(BigInt(bytes), 2 * NUMBER_BYTES);
  row.writeBigInt64LE(BigInt.asIntN(64, modifiedNs), 3 * NUMBER_BYTES);
  row.writeBigInt64LE(BigInt.asIntN(64, changedNs), 4 * NUMBER_BYTES);
  return row;
}

/**
 * The digest, how high its lists are, and how long it is; then the first bytes of a hash of it all: a length that has rotted
 * would be taken over into the next snapshot.
 */
export function encodeContent(path: Uint8Array, look: Uint8Array, { digest, height, length }: BlobRoot): Uint8Array {
  const row = Buffer.allocUnsafe(CONTENT_BYTES + CHECK_BYTES);
  row.set(digest);
  row.writeBigUInt64LE(BigInt(height), DIGEST_BYTES);
  row.writeBigUInt64LE(BigInt(length), DIGEST_BYTES + NUMBER_BYTES);
  row.set(checkOf(path, look, row.subarray(0, CONTENT_BYTES)), CONTENT_BYTES);
  return row;
}

/** null: what the disk made of it is none. */
export function decodeContent(path: Uint8Array, look: Uint8Array, stored: Uint8Array): BlobRoot | null {
  if (stored.length !== CONTENT_BYTES + CHECK_BYTES) return null;
  const row = Buffer.from(stored.buffer, stored.byteOffset, CONTENT_BYTES);
  if (!equalBytes(stored.subarray(CONTENT_BYTES), checkOf(path, look, row))) return null;
  const height = row.readBigUInt64LE(DIGEST_BYTES);
  const length = row.readBigUInt64LE(DIGEST_BYTES + NUMBER_BYTES);
  if (height > LIST_HEIGHT_MAX || length === 0n || length > BLOB_BYTES_MAX) return null;
  return { digest: new Uint8Array(row.subarray(0, DIGEST_BYTES)), height: Number(height), length: Number(length) };
}

function checkOf(path: Uint8Array, look: Uint8Array, content: Uint8Array): Uint8Array {
  // All but the path are of fixed lengths: so none of the three runs into the next.
  return sha256(Buffer.concat([look, content, path])).subarray(0, CHECK_BYTES);
}
