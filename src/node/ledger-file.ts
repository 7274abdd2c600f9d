import { closeSync, openSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { isWithoutBlocks, openDatabase, storeError } from '../store/database.ts';
import { checkStart } from '../store/start-check.ts';
import { readWitness } from '../store/witness.ts';
import { finishRepair, witnessPath } from './repair-files.ts';
import { readRoot } from './root.ts';

/** A ledger's file, open for this process alone. */
export interface LedgerFile {
  readonly database: Database;
  readonly root: ReturnType<typeof readRoot>;
}

/** Names of members and who came when are for those who run the space. */
const LEDGER_MODE = 0o600;

/** A new file for a ledger, which is not there yet. @throws the codes of `openDatabase`. */
export function createLedger(path: string): Database {
  // SQLite gives its log the mode of the file.
  closeSync(openSync(path, 'wx', LEDGER_MODE));
  return openDatabase({ path, mayCreate: true });
}

/**
 * Opens the ledger at `path` and looks at it before anything is answered from it.
 * @param isChecked false only for whoever looks at damage.
 * @throws space_unfinished; the codes of `openDatabase` and `checkStart`.
 */
export function openLedger(path: string, isChecked: boolean): LedgerFile {
  finishRepair(path);
  const database = openDatabase({ path, mayCreate: false });
  try {
    const acknowledged = readWitness(witnessPath(path));
    // Before anything came in there is nothing to check, and the root says so.
    if (isChecked && !(isWithoutBlocks(database) && acknowledged === null)) checkStart(database, acknowledged);
    return { database, root: readRoot(database, isChecked) };
  } catch (error) {
    database.close();
    throw storeError(error, path);
  }
}
