import type { Database } from 'better-sqlite3';
import { fromRow, OUTCOME_COLUMNS, type OutcomeRow } from './outcome-rows.ts';
import { checkedState, type StateRowOnDisk } from './state-rows.ts';

/** Rows a step; between two of them a node goes on opening doors. */
const PAGE_ROWS = 256;

interface VersionRow extends StateRowOnDisk {
  readonly dapp: string;
}

/**
 * Reads what nobody may ask for in years, and still must be as it was written: every outcome, and every version of a
 * key that was written over. Each step reads PAGE_ROWS rows.
 * @returns after each step, how many rows have been read. @throws store_damaged.
 */
export function* checkPast(database: Database): Generator<number> {
  let rows = 0;
  for (const pages of [outcomePages(database), versionPages(database)]) {
    for (const count of pages) {
      rows += count;
      yield rows;
    }
  }
}

/** How many rows `checkPast` will read, as things stand now. */
export function countPast(database: Database): number {
  return Number(
    database.prepare('SELECT (SELECT count(*) FROM outcome) + (SELECT count(*) FROM version)').pluck().get(),
  );
}

function* outcomePages(database: Database): Generator<number> {
  const after = database.prepare<[number, number], OutcomeRow>(
    `SELECT ${OUTCOME_COLUMNS} FROM outcome WHERE position > ? ORDER BY position LIMIT ?`,
  );
  for (let last = 0; ; ) {
    const page = after.all(last, PAGE_ROWS);
    for (const row of page) last = fromRow(row).position;
    yield page.length;
    if (page.length < PAGE_ROWS) return;
  }
}

function* versionPages(database: Database): Generator<number> {
  const after = database.prepare<[string, string, number, number], VersionRow>(
    `SELECT dapp, key, position, before, value, sum FROM version WHERE (dapp, key, position) > (?, ?, ?)
     ORDER BY dapp, key, position LIMIT ?`,
  );
  for (let [dapp, key, position] = ['', '', 0]; ; ) {
    const page = after.all(dapp, key, position, PAGE_ROWS);
    for (const row of page) {
      checkedState('version', row.dapp, row);
      ({ dapp, key, position } = row);
    }
    yield page.length;
    if (page.length < PAGE_ROWS) return;
  }
}
