import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { CodedError } from '../base/errors.ts';
import { sha256 } from '../format/ids.ts';
import type { BlobRoot } from './list-writer.ts';

/** What a blob is called: its one chunk, or its topmost list. It says which of both. */
export interface BlobId {
  readonly kind: 'chunk' | 'list';
  readonly digest: Uint8Array;
}

const CODEC = { chunk: 0x55, list: 0x71 } as const;
const SHA2_256 = 0x12;
const DIGEST_BYTES = 32;
const SHOWN_CHARACTERS_MAX = 80;

/** @param root null: a blob without bytes, which is called after an empty chunk. */
export function blobIdOf(root: BlobRoot | null): BlobId {
  if (root === null) return { kind: 'chunk', digest: sha256(new Uint8Array()) };
  return { kind: root.height === 0 ? 'chunk' : 'list', digest: root.digest };
}

/** The text people see: `bafkrei…` for a chunk, `bafyrei…` for a list. */
export function blobIdText({ kind, digest }: BlobId): string {
  return CID.createV1(CODEC[kind], create(SHA2_256, digest)).toString();
}

/** @throws bad_blob_id. */
export function parseBlobId(text: string): BlobId {
  const refused = (cause?: unknown) =>
    new CodedError('bad_blob_id', `not the id of a blob: ${text.slice(0, SHOWN_CHARACTERS_MAX)}`, {
      advice: 'It begins with bafkrei or bafyrei, as `blockmesh blob put` and `blob ls` print it.',
      cause,
    });
  let cid: CID;
  try {
    cid = CID.parse(text);
  } catch (cause) {
    throw refused(cause);
  }
  const { version, code, multihash } = cid;
  const kind = code === CODEC.chunk ? 'chunk' : code === CODEC.list ? 'list' : null;
  if (version !== 1 || kind === null || multihash.code !== SHA2_256 || multihash.size !== DIGEST_BYTES) throw refused();
  // Other alphabets spell the same id; one text has one id and one id one text.
  if (cid.toString() !== text) throw refused();
  return { kind, digest: multihash.digest };
}
