import { constants, copyFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import { CodedError, messageOf } from '../base/errors.ts';
import { storeError } from '../store/database.ts';

/** The name of the copy in its folder, and of the raw one it is made from. */
export const COPY_FILE = 'copy.db';
const RAW_FILE = 'raw.db';

/**
 * What the child process does: copies the ledger at `source`, whose owner makes no checkpoint meanwhile, into
 * `folder`, and writes what lives in it anew, so that nothing of what was removed or erased is left in free pages.
 * A process of its own because opening the file in the node's would let go of the node's lock on it, and because
 * syncing a large file would hold doors up. Says one line of JSON on standard output: `{ok}` or `{code, message}`.
 */
export function copyLedger(source: string, folder: string): number {
  const raw = join(folder, RAW_FILE);
  try {
    copyFileSync(source, raw, constants.COPYFILE_FICLONE);
    if (existsSync(`${source}-wal`)) copyFileSync(`${source}-wal`, `${raw}-wal`, constants.COPYFILE_FICLONE);
    rewrite(raw, join(folder, COPY_FILE));
    process.stdout.write(`${JSON.stringify({ ok: true })}\n`);
    return 0;
  } catch (error) {
    const cause = storeError(error, source);
    const code = cause instanceof CodedError ? cause.code : 'backup_copy';
    process.stdout.write(`${JSON.stringify({ code, message: messageOf(cause) })}\n`);
    return 1;
  } finally {
    for (const tail of ['', '-wal', '-shm']) rmSync(`${raw}${tail}`, { force: true });
  }
}

function rewrite(raw: string, copy: string): void {
  const database = new DatabaseConstructor(raw, { fileMustExist: true });
  try {
    const faults = database.pragma('integrity_check(1)', { simple: true });
    if (faults !== 'ok') throw new CodedError('store_damaged', `the ledger is damaged: ${String(faults)}`);
    database.pragma('secure_delete = ON');
    database.prepare('VACUUM INTO ?').run(copy);
  } finally {
    database.close();
  }
}

/** Bytes of the ledger's files, which a copy needs twice. */
export function ledgerBytes(path: string): number {
  const sizes = ['', '-wal'].map((tail) => statSync(`${path}${tail}`, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}
