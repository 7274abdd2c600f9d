import { toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { ClockReading } from '../base/ports.ts';
import type { Block, BlockCaps } from '../format/block.ts';
import { decodeJson } from '../format/json-value.ts';
import { authorOf, rolesOf } from '../ledger/mesh/authors.ts';
import { type Outcome, refused } from '../ledger/outcome.ts';
import type { StateReader } from '../ledger/state.ts';
import type { StoredBlock } from '../store/blocks.ts';
import { openSound } from '../store/filed.ts';
import type { Judge } from './judge.ts';

/** A block of the store on its way through the fold: decoded once for all of its entries. */
export interface OpenedBlock {
  readonly stored: StoredBlock;
  readonly block: Block;
}

/**
 * What is read is known to be what was signed: the bytes by the id they are filed under, bodies by their hashes.
 * @throws store_damaged.
 */
export function openStored(stored: StoredBlock): OpenedBlock {
  return { stored, block: openSound(stored) };
}

/** The body of an entry as JSON, null when nobody can read it or it was erased. */
export function bodyOf(opened: OpenedBlock, index: number, caps: BlockCaps): Json | null {
  const body = opened.stored.bodies[index] ?? null;
  if (body === null) return null;
  try {
    return decodeJson(body.bytes, caps.bodyBytesMax);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return null;
  }
}

/**
 * What becomes of one entry, its author and roles taken from `state` as it stands just before it. A key nobody has
 * vouched for is an author without roles; the root's author is vouched for by the root itself. A block is valid
 * whatever the bytes of its bodies say: one that cannot be told to a dapp is refused here.
 * @throws entry_missing when the store lacks it; what `Judge.play` throws.
 */
export async function playEntry(
  judge: Judge,
  opened: OpenedBlock,
  index: number,
  state: StateReader,
  at: ClockReading,
  caps: BlockCaps,
): Promise<Outcome> {
  const { block, stored } = opened;
  const entry = block.entries[index];
  const bytes = stored.bodies[index]?.bytes;
  if (entry === undefined || bytes === undefined) {
    throw new CodedError('entry_missing', 'the block or its bodies have no such entry', {
      fields: { block: stored.id, index },
    });
  }
  let body: Json;
  try {
    body = decodeJson(bytes, caps.bodyBytesMax);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return refused('body_invalid', `the body cannot be read: ${error.message}`);
  }
  const key = toHex(block.author);
  const author = authorOf(state, key) ?? { key, principal: null, node: null };
  const { dapp, ver, kind, re } = entry;
  const roles = rolesOf(state, author);
  return await judge.play({ dapp, ver, kind, re, body, block: stored.id, index, author, roles, at }, state);
}
