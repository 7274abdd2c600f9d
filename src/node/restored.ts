import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { MESH, restoredKey } from '../ledger/mesh/keys.ts';
import type { StateReader } from '../ledger/state.ts';
import { readText, writeFileDurably } from '../store/files.ts';

/** What `restore` leaves for the board's first start, so that a crash in between does not lose the flag. */
const MARK_FILE = 'restored.json';
/** When this space was last backed up: of this board alone, and never part of a backup. */
const LAST_FILE = 'last-backup.json';
const FILE_MODE = 0o600;

/** The parts of a space that are needed here. */
interface RestoredSpace {
  readonly folder: string;
  appendFact(dapp: string, kind: string, body: JsonObject): unknown;
}

export function markRestored(folder: string, asOfMs: number): void {
  writeFileDurably(join(folder, MARK_FILE), `${JSON.stringify({ asOfMs })}\n`, FILE_MODE);
}

/** Writes the fact that this board was restored, once its ledger is open. @throws restored_mark. */
export async function raiseRestored(space: RestoredSpace): Promise<void> {
  const path = join(space.folder, MARK_FILE);
  if (!existsSync(path)) return;
  await space.appendFact(MESH, 'restored', { asOfMs: asOfIn(path) });
  // A crash before this line says it twice, which changes nothing.
  rmSync(path);
}

function asOfIn(path: string): number {
  const { asOfMs } = objectIn(path) ?? {};
  if (typeof asOfMs === 'number' && Number.isSafeInteger(asOfMs) && asOfMs >= 0) return asOfMs;
  throw new CodedError('restored_mark', `${path} does not say as of when this board was restored`, {
    fields: { path },
    advice: 'Restore the backup again into another folder.',
  });
}

/** As of when the board knows what others decided, or null when it was not restored. */
export function restoredAsOf(state: StateReader, node: string): number | null {
  const record = state.read(MESH, restoredKey(node));
  return isJsonObject(record) && typeof record.asOfMs === 'number' ? record.asOfMs : null;
}

export interface LastBackup {
  /** When the ledger was as it is in the backup. */
  readonly asOfMs: number;
  /** Where it was written. */
  readonly file: string;
}

export function noteBackup(folder: string, last: LastBackup): void {
  writeFileDurably(join(folder, LAST_FILE), `${JSON.stringify({ ...last })}\n`, FILE_MODE);
}

/** Null when there was none, or when the note cannot be read: then a reminder is due anyway. */
export function lastBackup(folder: string): LastBackup | null {
  const { asOfMs, file } = objectIn(join(folder, LAST_FILE)) ?? {};
  return typeof asOfMs === 'number' && typeof file === 'string' ? { asOfMs, file } : null;
}

function objectIn(path: string): JsonObject | null {
  if (!existsSync(path)) return null;
  try {
    const value: unknown = JSON.parse(readText(path));
    return isJsonObject(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof CodedError) return null;
    throw error;
  }
}
