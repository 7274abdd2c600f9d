import { toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { Block } from '../format/block.ts';
import { PUBLIC_KEY_BYTES } from '../format/ed25519.ts';
import type { BlockId } from '../format/ids.ts';
import { openBlock } from '../format/sealed.ts';
import { type BlockPlace, checkPlace } from '../ledger/admission.ts';
import type { StoredBlock } from '../store/blocks.ts';
import { openFiled } from '../store/filed.ts';
import type { EntryPlace } from '../store/fold-commit.ts';
import type { Space } from './space.ts';
import { Turns } from './turns.ts';
import type { Findings, VerifyProgress } from './verify-findings.ts';

const PAGE = 256;

/** Blocks already read, by id: admission asks for parents. */
type Known = Map<BlockId, BlockPlace>;

/** Author → the last block. */
type Authors = ReadonlyMap<string, BlockId>;

/**
 * Reads every block again: bytes, id, signature, bodies, place in its chain, and what is filed beside it.
 * @returns how many there are.
 */
export async function checkBlocks(space: Space, findings: Findings, progress: VerifyProgress): Promise<number> {
  const known: Known = new Map();
  const lives = new Map<string, BlockId>();
  const heads = new Set<BlockId>();
  const authors = new Map<string, BlockId>();
  const { blocks: total } = space.blocks.counts();
  const turns = new Turns(space.clock);
  let arrival = 0;
  for (;;) {
    const page = space.blocks.after(arrival, PAGE);
    if (page.length === 0) {
      // Now, before anything else is appended.
      checkEnd(space, heads, authors, arrival, findings);
      return known.size;
    }
    for (const stored of page) {
      const where = { block: stored.id, arrival: stored.arrival };
      for (let gap = arrival + 1; gap < stored.arrival; gap += 1) addGap(space, gap, findings);
      arrival = stored.arrival;
      try {
        const mayLack = (index: number) => isErased(space, { arrival, index });
        const { id, block } = openBlock(stored, space.caps, space.verifier, mayLack);
        if (id !== stored.id) findings.add('block_id', 'the bytes are not those of the id they are filed under', where);
        if (arrival > 1) checkPlace(block, { mesh: space.mesh, find: (parent) => known.get(parent) ?? null });
        known.set(stored.id, placeOf(block));
        authors.set(toHex(block.author), stored.id);
        noteLife(lives, block, stored.id, findings);
        for (const parent of block.parents) heads.delete(parent);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        findings.add(error.code, error.message, where);
        // Its children are not to blame: for them it stands where it stood when it was admitted.
        const place = placeFiled(stored);
        if (place !== null) known.set(stored.id, place);
      }
      heads.add(stored.id);
      await turns.next();
    }
    progress('blocks', arrival, Math.max(arrival, total));
  }
}

function addGap({ blocks }: Space, arrival: number, findings: Findings): void {
  if (blocks.isLost(arrival)) findings.add('block_lost', 'a repair could not save this block', { arrival });
  else findings.add('block_missing', 'arrivals are not without a gap', { arrival });
}

function checkEnd(space: Space, heads: ReadonlySet<BlockId>, authors: Authors, last: number, findings: Findings): void {
  const ended = Math.max(space.journal.foldedTo(), space.blocks.counts().blocks);
  if (ended > last) findings.add('block_missing', 'the last blocks are gone', { arrival: ended });
  // Whose parents cannot be read would make heads of them.
  if (findings.list.length === 0) checkTips(space, heads, authors, findings);
}

/** Where a block stands by its bytes, as long as they are those of its id; null when they are not. */
function placeFiled({ bytes, id, arrival }: StoredBlock): BlockPlace | null {
  try {
    return openFiled(bytes, id, arrival);
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

function isErased({ journal }: Space, place: EntryPlace): boolean {
  return journal.hasOutcome(place) && journal.outcome(place)?.isErased === true;
}

/** What a next block would join. */
function checkTips(space: Space, heads: ReadonlySet<BlockId>, authors: Authors, findings: Findings): void {
  const stored = new Set(space.blocks.placeFor(new Uint8Array(PUBLIC_KEY_BYTES), Number.MAX_SAFE_INTEGER).heads);
  for (const id of heads)
    if (!stored.has(id)) findings.add('head_missing', 'no block would join this one', { block: id });
  for (const id of stored) if (!heads.has(id)) findings.add('head_extra', 'this block has children', { block: id });
  const tips = space.blocks.tips.now().authors;
  for (const [author, id] of authors) {
    if (tips.get(author)?.id !== id)
      findings.add('author_tip', 'the next block of this author would follow another', { author });
  }
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
