import type { CID } from 'multiformats/cid';
import { assert } from '../base/assert.ts';
import type { ClockQuality } from '../base/ports.ts';
import { encodeValue } from './codec.ts';
import { type BlockId, blockIdOf, linkOf } from './ids.ts';

/** A block as the program sees it. `BLOCK.md` beside this file gives the bytes, field by field, with an example. */
export interface Block {
  /** The root block's id; null in the root itself. */
  readonly mesh: BlockId | null;
  /** The id of the block that made the branch; null: main. */
  readonly branch: BlockId | null;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly author: Uint8Array;
  /** 16 random bytes drawn at each start of the author's process. */
  readonly life: Uint8Array;
  /** 0, 1, 2 … within the life. */
  readonly seq: number;
  /** The author's block before this one; null only in the author's first. */
  readonly prev: BlockId | null;
  /** The latest final merge of the branch, or its fork point, that the author held; null only in the root. */
  readonly base: BlockId | null;
  /** Sorted, without duplicates; holds `prev` and `base`. */
  readonly parents: readonly BlockId[];
  /** 1 + the highest parent; 0 in the root. */
  readonly height: number;
  readonly time: BlockTime;
  readonly entries: readonly Entry[];
}

/** When the author says it wrote the block: a claim, never an order. */
export interface BlockTime {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly wallMs: number;
  /** 16 bytes that name one boot of the author's machine. */
  readonly boot: Uint8Array;
  /** Milliseconds since that boot. */
  readonly monotonicMs: number;
  readonly quality: ClockQuality;
}

export interface EntryRef {
  readonly block: BlockId;
  readonly index: number;
}

export interface Entry {
  readonly dapp: string;
  /** The version of the dapp the author wrote for, such as `0.1.0`. */
  readonly ver: string;
  readonly kind: string;
  /** The entry this one lifts, re-issues or answers. */
  readonly re: EntryRef | null;
  /** Length of the body in bytes. */
  readonly size: number;
  /** SHA-256(salt ‖ body bytes), 32 bytes. */
  readonly body: Uint8Array;
}

/** The caps that decide whether a block is valid; the root block carries those of its mesh. */
export interface BlockCaps {
  readonly blockBytesMax: number;
  readonly parentsMax: number;
  readonly entriesMax: number;
  readonly bodyBytesMax: number;
}

/** A block with the bytes it is known by. */
export interface EncodedBlock {
  readonly id: BlockId;
  readonly bytes: Uint8Array;
  readonly block: Block;
}

export const BLOCK_VERSION = 1;
export const LIFE_BYTES = 16;
export const BOOT_BYTES = 16;

/** Encodes a block of our own. Other people's blocks are never encoded again: their bytes are kept. */
export function encodeBlock(block: Block): EncodedBlock {
  const isSorted = block.parents.every((id, index) => index === 0 || (block.parents[index - 1] ?? '') < id);
  assert(isSorted, 'parents are sorted and distinct');
  // The fields stand in canonical order already: there is nothing to sort.
  const bytes = encodeValue({
    v: BLOCK_VERSION,
    seq: block.seq,
    ...(block.base === null ? {} : { base: linkOf(block.base) }),
    life: block.life,
    mesh: linkOrNull(block.mesh),
    ...(block.prev === null ? {} : { prev: linkOf(block.prev) }),
    time: {
      boot: block.time.boot,
      mono: block.time.monotonicMs,
      wall: block.time.wallMs,
      quality: block.time.quality,
    },
    author: block.author,
    branch: linkOrNull(block.branch),
    height: block.height,
    entries: block.entries.map(encodeEntry),
    parents: block.parents.map(linkOf),
  });
  return { id: blockIdOf(bytes), bytes, block };
}

function encodeEntry(entry: Entry): Record<string, unknown> {
  const re = entry.re === null ? null : { block: linkOf(entry.re.block), index: entry.re.index };
  return { re, ver: entry.ver, body: entry.body, dapp: entry.dapp, kind: entry.kind, size: entry.size };
}

function linkOrNull(id: BlockId | null): CID | null {
  return id === null ? null : linkOf(id);
}
