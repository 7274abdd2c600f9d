import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { ERASE_ENTRIES_MAX } from '../../base/limits.ts';
import type { EntryRef } from '../../format/block.ts';
import { idText, parseIdText } from '../../format/ids.ts';
import { refuseEntry } from '../../ledger/mesh/erase.ts';
import { MESH } from '../../ledger/mesh/keys.ts';
import { bodyOf, openStored } from '../played.ts';
import type { Space } from '../space.ts';
import type { OperationContext, Operations } from './operation.ts';
import { integerOf, textOf } from './params.ts';

export const ERASE_OPERATIONS: Operations = Object.freeze({
  'erase.preview': async ({ space }, params) => {
    await space.fold.settled();
    return { entries: entriesOf(params).map((ref) => describe(space, ref)) };
  },
  'erase.entries': eraseEntries,
});

/**
 * Erases `{entries: [{block, index}]}`, as many commands as it takes, and passes over those that cannot be erased.
 * @returns `{erased, kept}`: lists of `{block, index}`, in `kept` each with the code and message that says why.
 */
export async function eraseEntries({ space, progress }: OperationContext, params: JsonObject): Promise<Json> {
  await space.fold.settled();
  const kept: JsonObject[] = [];
  const refs = entriesOf(params).filter((ref) => {
    const error = refusalOf(space, ref);
    if (error !== null) kept.push({ ...shown(ref), code: error.code, message: error.message });
    return error === null;
  });
  for (let from = 0; from < refs.length; from += ERASE_ENTRIES_MAX) {
    const entries = refs.slice(from, from + ERASE_ENTRIES_MAX).map(shown);
    await space.command(MESH, 'erase', { entries });
    progress('erase, entries', from + entries.length, refs.length);
  }
  return { erased: refs.map(shown), kept };
}

function refusalOf(space: Space, ref: EntryRef): CodedError | null {
  try {
    refuseEntry(ref, space.entries);
    return null;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

/** What would be lost, and why it cannot be where it cannot. */
function describe(space: Space, ref: EntryRef): JsonObject {
  const error = refusalOf(space, ref);
  const arrival = space.blocks.arrivalOf(ref.block);
  const stored = arrival === null ? null : space.blocks.at(arrival);
  const refusal = error === null ? null : { code: error.code, message: error.message, advice: error.advice ?? null };
  if (stored === null) return { ...shown(ref), refusal };
  const opened = openStored(stored);
  const { dapp = '', kind = '' } = opened.block.entries[ref.index] ?? {};
  const body = bodyOf(opened, ref.index, space.caps);
  return { ...shown(ref), dapp, kind, time: opened.block.time.wallMs, body, refusal };
}

function shown({ block, index }: EntryRef): JsonObject {
  return { block: idText(block), index };
}

function entriesOf(params: JsonObject): readonly EntryRef[] {
  const { entries } = params;
  if (!Array.isArray(entries))
    throw new CodedError('bad_params', 'entries must be a list', { fields: { name: 'entries' } });
  return entries.map((entry: Json) => {
    if (!isJsonObject(entry)) throw new CodedError('bad_params', 'an entry is {block, index}');
    return { block: parseIdText(textOf(entry, 'block')), index: integerOf(entry, 'index') };
  });
}
