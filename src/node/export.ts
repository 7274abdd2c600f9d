import { createHash } from 'node:crypto';
import { CodedError } from '../base/errors.ts';
import { IMPORT_BATCH_BLOCKS_MAX } from '../base/limits.ts';
import { type BlockId, idText } from '../format/ids.ts';
import { Draft } from './archive-writer.ts';
import { EXPORT_MAGIC, exportEnd, exportHeader, exportRecord } from './export-format.ts';
import { refuseExisting } from './replace.ts';
import type { Space } from './space.ts';
import { yieldToOthers } from './turns.ts';

export interface ExportOptions {
  /** The file to be made. */
  readonly target: string;
  readonly mayReplace: boolean;
  /** Blocks that arrived after this one; 0: all. */
  readonly after: number;
  readonly progress: (stage: string, done: number, total: number) => void;
}

/**
 * Writes blocks with signatures and bodies as a file, parents first: those that are here when it begins.
 * @returns how many blocks and bytes.
 * @throws backup_exists; replace_foreign; file_unwritable. Nothing is left then.
 */
export async function exportBlocks(space: Space, options: ExportOptions): Promise<{ blocks: number; bytes: number }> {
  const { target, mayReplace, progress } = options;
  refuseExisting(target, mayReplace, EXPORT_MAGIC);
  const last = space.blocks.counts().blocks;
  const total = Math.max(0, last - options.after);
  const draft = await Draft.begin(target);
  try {
    const digest = createHash('sha256');
    const write = async (bytes: Uint8Array) => {
      digest.update(bytes);
      await draft.write(bytes);
    };
    await write(exportHeader(space.mesh));
    let blocks = 0;
    for (let arrival = options.after; arrival < last; ) {
      const page = space.blocks.after(arrival, Math.min(IMPORT_BATCH_BLOCKS_MAX, last - arrival));
      const end = page.at(-1)?.arrival;
      if (end === undefined) throw missing(arrival);
      for (const stored of page) await write(exportRecord(stored));
      arrival = end;
      blocks += page.length;
      progress('export, blocks', blocks, total);
      await yieldToOthers();
    }
    await write(exportEnd(blocks));
    await draft.write(digest.digest());
    refuseExisting(target, mayReplace, EXPORT_MAGIC);
    return { blocks, bytes: await draft.commit() };
  } catch (error) {
    await draft.abandon();
    throw error;
  }
}

/** Where to begin so that everything is told that was played at or after `ms`: the arrival before the first of it. */
export function arrivalBefore(space: Space, ms: number): number {
  const { journal, blocks } = space;
  const { entries, blocks: last } = blocks.counts();
  let [low, high] = [0, entries];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [outcome] = journal.outcomes(middle, 1);
    if (outcome !== undefined && outcome.at.wallMs < ms) low = middle + 1;
    else high = middle;
  }
  // An entry that waited for its dapp was played late: it may stand before others that came after it.
  let first = last;
  for (let position = low; ; ) {
    const page = journal.outcomes(position, IMPORT_BATCH_BLOCKS_MAX);
    for (const { arrival } of page) first = Math.min(first, arrival - 1);
    const end = page.at(-1);
    if (end === undefined) break;
    position = end.position;
  }
  for (const { arrival } of journal.waiting()) first = Math.min(first, arrival - 1);
  return first;
}

/** Where a block stands among those here. @throws block_unknown. */
export function arrivalOf(space: Space, id: BlockId): number {
  const arrival = space.blocks.arrivalOf(id);
  if (arrival !== null) return arrival;
  throw new CodedError('block_unknown', `there is no block ${idText(id)} here`, {
    advice: 'Name one that `blockmesh log --json` shows, or a time.',
  });
}

function missing(arrival: number): CodedError {
  return new CodedError('store_damaged', `the blocks that arrived after number ${arrival} are gone`, {
    fields: { arrival },
    advice: 'Run `blockmesh verify`.',
  });
}
