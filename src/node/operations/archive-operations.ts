import { isAbsolute } from 'node:path';
import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { BACKUP_REMINDER_DAYS_MAX } from '../../base/limits.ts';
import { idText, parseIdText } from '../../format/ids.ts';
import { MESH, MESH_KEY } from '../../ledger/mesh/keys.ts';
import { makeCopy } from '../archive-ledger.ts';
import { arrivalBefore, arrivalOf, exportBlocks } from '../export.ts';
import { importBlocks } from '../import.ts';
import { lastBackup, restoredAsOf } from '../restored.ts';
import type { Space } from '../space.ts';
import { ledgerPath } from '../space-folder.ts';
import type { OperationContext, Operations } from './operation.ts';
import { integerOf, textOf } from './params.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const PID_MAX = 2 ** 22;

export const ARCHIVE_OPERATIONS: Operations = Object.freeze({
  'backup.copy': copyForBackup,
  'backup.state': showBackups,
  'restored.clear': clearRestored,
  'blocks.export': exportToFile,
  'blocks.import': importFromFile,
});

/**
 * A copy of the ledger for process `pid`, which seals it, notes that and drops it: so a passphrase never comes here, and the
 * node has nothing to do but leave its file as it is for a while.
 */
async function copyForBackup({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const pid = integerOf(params, 'pid', PID_MAX);
  await space.fold.settled();
  return await space.checkpoints.withheld(async (signal) => {
    const { wallMs, quality } = space.clock.now();
    const record = space.state.read(MESH, MESH_KEY);
    const about = {
      mesh: idText(space.mesh),
      space: isJsonObject(record) ? (record.name ?? '') : '',
      node: space.nodeKey,
      asOfMs: wallMs,
      clock: quality,
      blocks: space.blocks.counts().blocks,
    };
    const { path, bytes } = await makeCopy(space.folder, ledgerPath(space.folder), pid, signal);
    return { about, path, bytes };
  });
}

/** What `status` reminds of. */
async function showBackups({ space }: OperationContext): Promise<Json> {
  const last = lastBackup(space.folder);
  const dueMs = last === null ? 0 : last.asOfMs + BACKUP_REMINDER_DAYS_MAX * DAY_MS;
  return {
    last: last === null ? null : { ...last },
    isDue: space.clock.now().wallMs >= dueMs,
    restoredAsOfMs: restoredAsOf(space.state, space.nodeKey),
  };
}

/** @throws not_restored, before anything is written. */
async function clearRestored({ space }: OperationContext): Promise<Json> {
  await space.fold.settled();
  if (restoredAsOf(space.state, space.nodeKey) === null) {
    throw new CodedError('not_restored', 'this board has no flag of a restore', {
      advice: 'There is nothing to take back; see `blockmesh status`.',
    });
  }
  const { block } = await space.command(MESH, 'restored.clear', { node: space.nodeKey });
  return { node: space.nodeKey, block: idText(block) };
}

/** `{path}` and optionally `replace`, and `after` (the text of a block's id) or `sinceMs`: later blocks only. */
async function exportToFile({ space, progress }: OperationContext, params: JsonObject): Promise<Json> {
  await space.fold.settled();
  const target = pathOf(params);
  const after = startOf(space, params);
  return await exportBlocks(space, { target, mayReplace: params.replace === true, after, progress });
}

function startOf(space: Space, params: JsonObject): number {
  if (params.after !== undefined) return arrivalOf(space, parseIdText(textOf(params, 'after')));
  return params.sinceMs === undefined ? 0 : arrivalBefore(space, integerOf(params, 'sinceMs'));
}

async function importFromFile({ space, progress }: OperationContext, params: JsonObject): Promise<Json> {
  const { blocks, taken } = await importBlocks(space, pathOf(params), progress);
  await space.fold.settled();
  return { blocks, taken, waiting: space.journal.waiting().length };
}

/** The node's own folder is not the caller's. */
function pathOf(params: JsonObject): string {
  const path = textOf(params, 'path');
  if (isAbsolute(path)) return path;
  throw new CodedError('bad_params', 'path must be absolute', { fields: { name: 'path' } });
}
