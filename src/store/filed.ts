import { equalBytes } from '../base/bytes.ts';
import { BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX, BLOCK_PARENTS_MAX, BODY_BYTES_MAX } from '../base/limits.ts';
import type { Block } from '../format/block.ts';
import { decodeBlock } from '../format/block-decode.ts';
import { type Body, bodyHash } from '../format/body.ts';
import type { BlockId } from '../format/ids.ts';
import { damaged } from './row-sum.ts';

/** A block as it lies in the store. */
export interface FiledBlock {
  readonly arrival: number;
  readonly id: BlockId;
  readonly bytes: Uint8Array;
  readonly bodies: readonly (Body | null)[];
}

/** The widest a mesh may set its own. */
const WIDEST_CAPS = {
  blockBytesMax: BLOCK_BYTES_MAX,
  parentsMax: BLOCK_PARENTS_MAX,
  entriesMax: BLOCK_ENTRIES_MAX,
  bodyBytesMax: BODY_BYTES_MAX,
};

/** The block in `bytes`, which has to be the one of `id`. @throws store_damaged. */
export function openFiled(bytes: Uint8Array, id: BlockId, arrival: number): Block {
  const fields = { block: id, arrival };
  let opened: ReturnType<typeof decodeBlock>;
  try {
    opened = decodeBlock(bytes, WIDEST_CAPS);
  } catch (cause) {
    throw damaged(`block ${arrival} (${id}) cannot be read`, { ...fields, cause: String(cause) });
  }
  if (opened.id !== id) throw damaged(`block ${arrival} is not the one it is filed as (${id})`, fields);
  return opened.block;
}

/**
 * The block of a row: its bytes are known by the id they are filed under, its bodies by their hashes.
 * @throws store_damaged.
 */
export function openSound({ id, arrival, bytes, bodies }: FiledBlock): Block {
  const block = openFiled(bytes, id, arrival);
  const isSound =
    bodies.length === block.entries.length &&
    block.entries.every((entry, index) => {
      const body = bodies[index] ?? null;
      return body === null || equalBytes(bodyHash(body), entry.body);
    });
  if (!isSound)
    throw damaged(`the bodies of block ${arrival} are not those it was signed with`, { block: id, arrival });
  return block;
}
