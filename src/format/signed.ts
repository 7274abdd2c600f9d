import { concat, fromHex, utf8 } from '../base/bytes.ts';
import type { BlockId } from './ids.ts';

/** What is signed of a block: domain tag ‖ 00 ‖ SHA-256 of its bytes. The tag keeps a signature out of other uses. */
const BLOCK_TAG = utf8('blockmesh/block/1\0');

export function blockSigningInput(id: BlockId): Uint8Array {
  return concat(BLOCK_TAG, fromHex(id));
}
