import { CodedError } from '../../base/errors.ts';
import { PACK_CHUNKS_MAX } from '../../base/limits-chunks.ts';
import { sha256 } from '../../format/ids.ts';

/** What a pack holds, as its column `members` has it. */

/** A chunk in a pack, and where in the raw bytes it begins. */
export interface Member {
  readonly digest: Uint8Array;
  readonly at: number;
  readonly length: number;
}

const DIGEST_BYTES = 32;
const LENGTH_BYTES = 4;
const MEMBER_BYTES = DIGEST_BYTES + LENGTH_BYTES;

/** Of the hash of all that, the first bytes stand at the end, so that a pack is never taken for an empty one because a digest has rotted. */
const CHECK_BYTES = 8;

export const MEMBERS_BYTES_MAX = MEMBER_BYTES * PACK_CHUNKS_MAX + CHECK_BYTES;

/** @param members one after the other, without gaps. */
export function encodeMembers(members: readonly Pick<Member, 'digest' | 'length'>[]): Uint8Array {
  const bytes = Buffer.alloc(MEMBER_BYTES * members.length + CHECK_BYTES);
  for (const [index, { digest, length }] of members.entries()) {
    bytes.set(digest, MEMBER_BYTES * index);
    bytes.writeUInt32BE(length, MEMBER_BYTES * index + DIGEST_BYTES);
  }
  const end = bytes.length - CHECK_BYTES;
  bytes.set(checkOf(bytes.subarray(0, end)), end);
  return bytes;
}

/** @throws chunks_damaged when they do not fill the pack. */
export function decodeMembers(bytes: Uint8Array, rawBytes: number): readonly Member[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = Math.max(0, whole.length - CHECK_BYTES);
  const view = whole.subarray(0, end);
  const isSound = Buffer.compare(whole.subarray(end), checkOf(view)) === 0;
  const members: Member[] = [];
  let at = 0;
  for (let from = 0; from + MEMBER_BYTES <= view.length; from += MEMBER_BYTES) {
    const length = view.readUInt32BE(from + DIGEST_BYTES);
    members.push({ digest: view.subarray(from, from + DIGEST_BYTES), at, length });
    at += length;
  }
  if (isSound && view.length % MEMBER_BYTES === 0 && at === rawBytes) return members;
  throw new CodedError('chunks_damaged', 'a pack of the chunk store does not hold what it says', {
    fields: { rawBytes, found: at },
    advice: 'Run `blockmesh store scrub`.',
  });
}

function checkOf(members: Uint8Array): Uint8Array {
  return sha256(members).subarray(0, CHECK_BYTES);
}
