import { equalBytes, toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Block } from '../format/block.ts';
import { PUBLIC_KEY_BYTES } from '../format/ed25519.ts';
import type { BlockId } from '../format/ids.ts';
import { openBlock } from '../format/sealed.ts';
import { type BlockPlace, checkPlace } from '../ledger/admission.ts';
import type { Space } from './space.ts';
import { type Findings, type VerifyProgress, yieldToOthers } from './verify-findings.ts';

const PAGE = 256;

/** Blocks already read, by id: admission asks for parents. */
type Known = Map<BlockId, BlockPlace>;

/**
 * Reads every block again: bytes, id, signature, bodies, place in its chain, and what is filed beside it.
 * @returns how many there are.
 */
export async function checkBlocks(space: Space, findings: Findings, progress: VerifyProgress): Promise<number> {
  const known: Known = new Map();
  const lives = new Map<string, BlockId>();
  const heads = new Set<BlockId>();
  const { blocks: total } = space.blocks.counts();
  let arrival = 0;
  for (;;) {
    const page = space.blocks.after(arrival, PAGE);
    for (const stored of page) {
      const where = { block: stored.id, arrival: stored.arrival };
      if (stored.arrival !== arrival + 1) findings.add('block_missing', 'arrivals are not without a gap', where);
      arrival = stored.arrival;
      try {
        const { id, block } = openBlock(stored, space.caps, space.verifier);
        if (id !== stored.id) findings.add('block_id', 'the bytes are not those of the id they are filed under', where);
        if (arrival > 1) checkPlace(block, { mesh: space.mesh, find: (parent) => known.get(parent) ?? null });
        known.set(stored.id, placeOf(block));
        checkColumns(space, stored.id, block, findings, where);
        noteLife(lives, block, stored.id, findings);
        for (const parent of block.parents) heads.delete(parent);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        findings.add(error.code, error.message, where);
        // Its children are not to blame: for them it stands where it stood when it was admitted.
        const place = space.blocks.find(stored.id);
        if (place !== null) known.set(stored.id, place);
      }
      heads.add(stored.id);
    }
    const isLast = page.length < PAGE;
    // Now, before anything else is appended.
    if (isLast) checkEnd(space, heads, arrival, findings);
    progress('blocks', arrival, total);
    if (isLast) return known.size;
    await yieldToOthers();
  }
}

function checkEnd(space: Space, heads: ReadonlySet<BlockId>, last: number, findings: Findings): void {
  const folded = space.journal.foldedTo();
  if (folded > last) findings.add('block_missing', 'the last blocks that were played are gone', { arrival: folded });
  // Whose parents cannot be read would make heads of them.
  if (findings.list.length === 0) checkHeads(space, heads, findings);
}

/** The columns that admission and authoring go by are copies of what the author signed. */
function checkColumns(space: Space, id: BlockId, block: Block, findings: Findings, where: JsonObject): void {
  const place = space.blocks.find(id);
  const isSame =
    place !== null &&
    equalBytes(place.author, block.author) &&
    equalBytes(place.life, block.life) &&
    place.seq === block.seq &&
    place.height === block.height;
  if (!isSame) findings.add('block_index', 'author, life, seq or height are filed otherwise than signed', where);
}

/** What a next block would join. */
function checkHeads(space: Space, heads: ReadonlySet<BlockId>, findings: Findings): void {
  const stored = new Set(space.blocks.placeFor(new Uint8Array(PUBLIC_KEY_BYTES), Number.MAX_SAFE_INTEGER).heads);
  for (const id of heads)
    if (!stored.has(id)) findings.add('head_missing', 'no block would join this one', { block: id });
  for (const id of stored) if (!heads.has(id)) findings.add('head_extra', 'this block has children', { block: id });
}

function placeOf({ author, life, seq, height }: Block): BlockPlace {
  return { author, life, seq, height };
}

/** Two blocks of one (author, life, seq) are equivocation: both are kept, and a person should know. */
function noteLife(lives: Map<string, BlockId>, block: Block, id: BlockId, findings: Findings): void {
  const place = `${toHex(block.author)}/${toHex(block.life)}/${block.seq}`;
  const other = lives.get(place);
  if (other !== undefined)
    findings.add('equivocation', 'an author signed two blocks for one place', { block: id, other });
  lives.set(place, id);
}
