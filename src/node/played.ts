import { toHex } from '../base/bytes.ts';
import type { ClockReading } from '../base/ports.ts';
import type { Block, BlockCaps } from '../format/block.ts';
import { decodeBlock } from '../format/block-decode.ts';
import { decodeJson } from '../format/json-value.ts';
import { authorOf, rolesOf } from '../ledger/mesh/authors.ts';
import type { EntryCall } from '../ledger/outcome.ts';
import type { StateReader } from '../ledger/state.ts';
import type { StoredBlock } from '../store/blocks.ts';

/** A block of the store on its way through the fold: decoded once for all of its entries. */
export interface OpenedBlock {
  readonly stored: StoredBlock;
  readonly block: Block;
}

export function openStored(stored: StoredBlock, caps: BlockCaps): OpenedBlock {
  return { stored, block: decodeBlock(stored.bytes, caps).block };
}

/**
 * The call for one entry, its author and roles taken from `state` as it stands just before it. A key nobody has
 * vouched for is an author without roles; the root's author is vouched for by the root itself.
 */
export function entryCall(
  opened: OpenedBlock,
  index: number,
  state: StateReader,
  at: ClockReading,
  caps: BlockCaps,
): EntryCall {
  const { block, stored } = opened;
  const entry = block.entries[index];
  const body = stored.bodies[index];
  if (entry === undefined || body === undefined) throw new RangeError(`block ${stored.id} has no entry ${index}`);
  const key = toHex(block.author);
  const author = authorOf(state, key) ?? { key, principal: null, node: null };
  return {
    dapp: entry.dapp,
    ver: entry.ver,
    kind: entry.kind,
    re: entry.re,
    body: decodeJson(body.bytes, caps.bodyBytesMax),
    block: stored.id,
    index,
    author,
    roles: rolesOf(state, author),
    at,
  };
}
