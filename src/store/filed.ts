import { BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX, BLOCK_PARENTS_MAX, BODY_BYTES_MAX } from '../base/limits.ts';
import type { Block } from '../format/block.ts';
import { decodeBlock } from '../format/block-decode.ts';
import type { BlockId } from '../format/ids.ts';
import { damaged } from './row-sum.ts';

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
