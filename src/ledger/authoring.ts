import { toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { BODY_BYTES_MAX } from '../base/limits.ts';
import type { Randomness } from '../base/ports.ts';
import {
  type Block,
  type BlockTime,
  type EncodedBlock,
  type Entry,
  type EntryRef,
  encodeBlock,
} from '../format/block.ts';
import { type Body, bodyHash, SALT_BYTES } from '../format/body.ts';
import type { BlockId } from '../format/ids.ts';
import { encodeJson } from '../format/json-value.ts';

/** An entry as its writer hands it in. */
export interface Draft {
  readonly dapp: string;
  readonly ver: string;
  readonly kind: string;
  readonly re: EntryRef | null;
  readonly body: Json;
}

/** Where a block of `author` would stand now. */
export interface Place {
  readonly mesh: BlockId;
  /** The latest final merge of the branch, or its fork point: the root while there is neither. */
  readonly base: BlockId;
  /** Blocks that no block here has as a parent, any order, at most two fewer than a block may have parents. */
  readonly heads: readonly BlockId[];
  /** The author's block before, with its life, or null. */
  readonly prev: { readonly id: BlockId; readonly life: Uint8Array; readonly seq: number } | null;
  /** The highest height among base, heads and prev. */
  readonly heightMax: number;
}

/** A block of ours with its bodies, not yet signed. */
export interface Written {
  readonly encoded: EncodedBlock;
  readonly bodies: readonly Body[];
}

/** @throws body_too_large; the codes of `encodeJson`. */
export function writeEntries(drafts: readonly Draft[], randomness: Randomness): { entries: Entry[]; bodies: Body[] } {
  const bodies = drafts.map((draft) => writeBody(draft, randomness));
  const entries = drafts.map(({ dapp, ver, kind, re }, index) => {
    const body = bodies[index] as Body;
    return { dapp, ver, kind, re, size: body.bytes.length, body: bodyHash(body) };
  });
  return { entries, bodies };
}

function writeBody(draft: Draft, randomness: Randomness): Body {
  const bytes = encodeJson(draft.body);
  if (bytes.length > BODY_BYTES_MAX) {
    throw new CodedError('body_too_large', `the body of ${draft.dapp} ${draft.kind} has ${bytes.length} bytes`, {
      fields: { bytes: bytes.length, bytesMax: BODY_BYTES_MAX },
    });
  }
  return { salt: randomness.bytes(SALT_BYTES), bytes };
}

/** The next block of `author` in its present `life`. */
export function writeBlock(
  place: Place,
  writer: { readonly author: Uint8Array; readonly life: Uint8Array },
  drafts: readonly Draft[],
  time: BlockTime,
  randomness: Randomness,
): Written {
  const { entries, bodies } = writeEntries(drafts, randomness);
  const { prev } = place;
  const isSameLife = prev !== null && toHex(prev.life) === toHex(writer.life);
  const parents = new Set([place.base, ...place.heads, ...(prev === null ? [] : [prev.id])]);
  const block: Block = {
    mesh: place.mesh,
    branch: null,
    author: writer.author,
    life: writer.life,
    seq: isSameLife ? prev.seq + 1 : 0,
    prev: prev?.id ?? null,
    base: place.base,
    parents: [...parents].sort(),
    height: place.heightMax + 1,
    time,
    entries,
  };
  return { encoded: encodeBlock(block), bodies };
}
