import { CodedError } from '../../base/errors.ts';
import { BLOCK_ENTRIES_MAX, ERASE_ENTRIES_MAX } from '../../base/limits.ts';
import type { EntryRef } from '../../format/block.ts';
import { Fields } from '../../format/fields.ts';
import { type BlockId, idText, parseIdText } from '../../format/ids.ts';
import type { EntryCall, Outcome } from '../outcome.ts';
import type { StateWrite } from '../state.ts';
import { erasedKey, MESH } from './keys.ts';

/** An entry of the ledger, as an erase has to know it. */
export interface LedgerEntry {
  readonly dapp: string;
  readonly kind: string;
  readonly effect: 'deny' | 'lift' | null;
  /** Whether there is an outcome of it. */
  readonly isPlayed: boolean;
  readonly isErased: boolean;
  /** A key of its dapp's state that still has the value this entry wrote, or null. */
  readonly heldKey: string | null;
}

/** The entries of the ledger that an erase may name: those of blocks before its own. */
export interface EntryView {
  find(block: BlockId, index: number): LedgerEntry | null;
}

export const NO_ENTRIES: EntryView = { find: () => null };

/**
 * Takes the bodies of entries away for good: what they said, never that they were. The dapps clear their state first,
 * by commands of their own; a denial or the lift of one is never erased, for it goes on to count.
 * @throws body_invalid; bad_block_id; the codes of `refuseEntry`.
 */
export function applyErase(call: EntryCall, fields: Fields, entries: EntryView): Outcome {
  const named = fields.list('entries', ERASE_ENTRIES_MAX).map(refOf);
  fields.end();
  const keys = new Set(named.map(({ block, index }) => erasedKey(block, index)));
  if (named.length === 0 || keys.size !== named.length) fields.refuse('entries', 'a list of different entries');
  for (const ref of named) refuseEntry(ref, entries);
  const value = { by: call.author.principal ?? call.author.key, block: idText(call.block), atMs: call.at.wallMs };
  const writes: StateWrite[] = [...keys].map((key) => ({ key, value }));
  return { ok: true, writes, erased: named };
}

function refOf(value: unknown): EntryRef {
  const fields = new Fields(value, 'body_invalid', 'entries');
  const block = parseIdText(fields.text('block', /^bafy[a-z2-7]{1,96}$/, 'the id of a block'));
  const index = fields.integer('index', 0, BLOCK_ENTRIES_MAX - 1);
  fields.end();
  return { block, index };
}

/** @throws erase_unknown, erase_mesh, erase_denial, erase_unplayed, erase_done, erase_held. */
export function refuseEntry({ block, index }: EntryRef, entries: EntryView): void {
  const reason = reasonAgainst(entries.find(block, index));
  if (reason === null) return;
  const [code, why, advice] = reason;
  const fields = { block: idText(block), index };
  throw new CodedError(code, `entry ${index} of ${fields.block} cannot be erased: ${why}`, { fields, advice });
}

type Reason = readonly [code: string, why: string, advice: string];

function reasonAgainst(entry: LedgerEntry | null): Reason | null {
  if (entry === null) return ['erase_unknown', 'it is not here', 'Name an entry that `blockmesh log` shows.'];
  const { dapp, heldKey } = entry;
  if (dapp === MESH) return ['erase_mesh', 'the mesh rests on it', 'Entries of mesh stay.'];
  if (entry.effect !== null) {
    return ['erase_denial', 'it denies something, or lifts a denial', 'Denials and what lifts them stay.'];
  }
  if (!entry.isPlayed) return ['erase_unplayed', 'it waits to be played', 'Try again when its dapp is well.'];
  if (entry.isErased) return ['erase_done', 'it is erased already', 'There is nothing left of it.'];
  if (heldKey === null) return null;
  const clear = 'Clear it first by a command of its dapp, such as `member forget` or `note erase`.';
  return ['erase_held', `the state of ${dapp} still has what it wrote (${heldKey})`, clear];
}
