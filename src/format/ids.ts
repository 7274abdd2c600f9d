import { hash as digest } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { Digest } from 'multiformats/hashes/digest';
import { fromHex, toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';

/**
 * The id of a block inside the program: the SHA-256 of its bytes as 64 lower-case hex digits. In bytes it is a link
 * (CIDv1, dag-cbor, SHA-256), and people see the text form of that link.
 */
export type BlockId = string;

const DAG_CBOR = 0x71;
const SHA2_256 = 0x12;
const SHA2_256_BYTES = 32;
/** Every CID here begins so, and the digest follows: CIDv1, dag-cbor, SHA-256, 32 bytes. */
export const LINK_PREFIX: readonly number[] = [0x01, DAG_CBOR, SHA2_256, SHA2_256_BYTES];
/** Where in a CID its multihash begins. */
const MULTIHASH_AT = 2;

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(digest('sha256', bytes, 'buffer'));
}

export function blockIdOf(bytes: Uint8Array): BlockId {
  return digest('sha256', bytes, 'hex');
}

export function linkOf(id: BlockId): CID {
  const bytes = new Uint8Array(LINK_PREFIX.length + SHA2_256_BYTES);
  bytes.set(LINK_PREFIX);
  bytes.set(fromHex(id), LINK_PREFIX.length);
  return linkOfBytes(bytes);
}

/** The link whose CID is `bytes`: LINK_PREFIX and a digest. It keeps them. */
export function linkOfBytes(bytes: Uint8Array): CID {
  const digest = bytes.subarray(LINK_PREFIX.length);
  const multihash = new Digest(SHA2_256, SHA2_256_BYTES, digest, bytes.subarray(MULTIHASH_AT));
  return new CID(1, DAG_CBOR, multihash, bytes);
}

export function idOfLink(link: CID): BlockId {
  return toHex(link.multihash.digest);
}

/** The text people see: `bafyrei…`. */
export function idText(id: BlockId): string {
  return linkOf(id).toString();
}

function isSha256(link: CID): boolean {
  return link.multihash.code === SHA2_256 && link.multihash.size === SHA2_256_BYTES;
}

/** @throws bad_block_id when `text` is not the text form of a block's link. */
export function parseIdText(text: string): BlockId {
  let link: CID;
  try {
    link = CID.parse(text);
  } catch (cause) {
    throw new CodedError('bad_block_id', `not a block id: ${text.slice(0, 80)}`, { cause });
  }
  if (link.version !== 1 || link.code !== DAG_CBOR || !isSha256(link)) {
    throw new CodedError('bad_block_id', `not the id of a block: ${text.slice(0, 80)}`);
  }
  return idOfLink(link);
}
