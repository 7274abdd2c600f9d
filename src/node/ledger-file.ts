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
    return { database, root: readRoot(database) };
  } catch (error) {
    database.close();
    throw storeError(error, path);
  }
}
