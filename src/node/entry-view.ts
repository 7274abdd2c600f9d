import type { BlockCaps } from '../format/block.ts';
import { decodeBlock } from '../format/block-decode.ts';
import type { EntryView, LedgerEntry } from '../ledger/mesh/erase.ts';
import type { BlockReader } from '../store/blocks.ts';
import type { Journal } from '../store/journal.ts';
import type { Dapps } from './dapps.ts';

interface ViewParts {
  readonly blocks: BlockReader;
  readonly journal: Journal;
  readonly dapps: Dapps;
  readonly caps: BlockCaps;
}

/** The entries of this board's ledger, as of the last commit of the fold. */
export function entryView({ blocks, journal, dapps, caps }: ViewParts): EntryView {
  return {
    find(block, index): LedgerEntry | null {
      const arrival = blocks.arrivalOf(block);
      const stored = arrival === null ? null : blocks.at(arrival);
      const entry = stored === null ? undefined : decodeBlock(stored.bytes, caps).block.entries[index];
      if (stored === null || entry === undefined) return null;
      const place = { arrival: stored.arrival, index };
      // Of blocks that the fold has still to come to, the very one with the erase among them, nothing is known yet.
      const outcome = stored.arrival <= journal.foldedTo() ? journal.outcome(place) : null;
      return {
        dapp: entry.dapp,
        kind: entry.kind,
        effect: dapps.find(entry.dapp)?.manifest.entries[entry.kind]?.effect ?? null,
        isPlayed: outcome !== null,
        isErased: outcome?.isErased ?? false,
        heldKey: outcome === null ? null : journal.heldBy(place),
      };
    },
  };
}

/** The entries as an erase found them when it was played for the first time: it took effect, and does so again. */
export function beforeErase(entries: EntryView): EntryView {
  return {
    find(block, index) {
      const found = entries.find(block, index);
      return found === null || !found.isErased ? found : { ...found, isErased: false, heldKey: null };
    },
  };
}
