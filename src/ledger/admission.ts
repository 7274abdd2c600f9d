import { equalBytes } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { Block } from '../format/block.ts';
import type { BlockId } from '../format/ids.ts';

/** What admission wants to know of a block that is already here. */
export interface BlockPlace {
  readonly author: Uint8Array;
  readonly life: Uint8Array;
  readonly seq: number;
  readonly height: number;
}

/** What admission asks of the ledger it would add to. */
export interface AdmissionView {
  /** Id of the root block. */
  readonly mesh: BlockId;
  find(id: BlockId): BlockPlace | null;
}

/**
 * Whether a block, valid by itself, fits where it says it stands. Who its author is, and what that author may do, is
 * judged when its entries are folded, not here: a board with no network must lose nothing.
 *
 * @throws block_root, block_mesh, block_branch, block_parent (unknown), block_height, block_prev, block_seq.
 */
export function checkPlace(block: Block, view: AdmissionView): void {
  if (block.mesh === null) throw new CodedError('block_root', 'this mesh has its root block already');
  if (block.mesh !== view.mesh) throw new CodedError('block_mesh', 'the block belongs to another mesh');
  if (block.branch !== null)
    throw new CodedError('block_branch', 'the block is on a branch that this node does not hold');
  let highest = 0;
  for (const id of block.parents) {
    const parent = view.find(id);
    if (parent === null) {
      throw new CodedError('block_parent', 'a parent of the block is not here', { fields: { parent: id } });
    }
    highest = Math.max(highest, parent.height);
  }
  if (block.height !== highest + 1) {
    throw new CodedError('block_height', `height ${block.height} where the parents give ${highest + 1}`);
  }
  checkChain(block, view);
}

/** `prev` is the same author's, and `seq` follows it: by one within a life, from 0 in a new one. */
function checkChain(block: Block, view: AdmissionView): void {
  if (block.prev === null) return;
  const prev = view.find(block.prev);
  if (prev === null || !equalBytes(prev.author, block.author)) {
    throw new CodedError('block_prev', 'prev is not a block of the same author');
  }
  const isSameLife = equalBytes(prev.life, block.life);
  const wanted = isSameLife ? prev.seq + 1 : 0;
  if (block.seq !== wanted) {
    throw new CodedError('block_seq', `seq ${block.seq} where ${wanted} follows`, {
      fields: { seq: block.seq, wanted },
    });
  }
}
