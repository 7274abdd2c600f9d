import type { Database } from 'better-sqlite3';
import { checkBlockRows, checkFoldRows } from './checks.ts';
import { checkPast, countPast } from './past-check.ts';
import { checkLinks, countLinks } from './version-links.ts';

/** What `verify` looks at below blocks and entries, in steps where it is long. */
export class LedgerChecks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** That no row is missing where that would read as "there is nothing". @throws store_damaged. */
  rows(): void {
    checkBlockRows(this.#database);
    checkFoldRows(this.#database);
  }

  /** Every row of what has been: see `checkPast`. @throws store_damaged. */
  past(): Steps {
    return { steps: checkPast(this.#database), total: countPast(this.#database) };
  }

  /** Every version that another row names: see `checkLinks`. @throws store_damaged. */
  links(): Steps {
    return { steps: checkLinks(this.#database), total: countLinks(this.#database) };
  }
}

export interface Steps {
  /** After each, how many rows have been looked at. */
  readonly steps: Iterable<number>;
  /** Rows that there are now. */
  readonly total: number;
}
