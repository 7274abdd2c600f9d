import type { Database } from 'better-sqlite3';
import { equalBytes } from '../base/bytes.ts';
import { FoldRow } from './fold-row.ts';
import { checkPulses } from './pulses.ts';
import { Digest, damaged, EMPTY_DIGEST } from './row-sum.ts';
import { StateTable } from './states.ts';
import { Tips } from './tips.ts';
import { checkedWaiting, type WaitingRow } from './waiting-rows.ts';

/**
 * That no row is missing where a missing row would read as "there is nothing": every row of the small tables is read
 * and their digests are compared; of the large ones rows are counted. Takes some 2 µs a key of state.
 */

/** The tips, the pulses, and how many blocks there are. @throws store_damaged. */
export function checkBlockRows(database: Database): void {
  const { arrival } = new Tips(database).now();
  checkPulses(database);
  const { rows, last } = counted(database, 'SELECT count(*) AS rows, max(arrival) AS last FROM block');
  const lost = counted(database, 'SELECT count(*) AS rows, max(arrival) AS last FROM lost');
  const wanted = Math.max(arrival, new FoldRow(database).read().arrival, lost.last ?? 0);
  if (rows + lost.rows !== wanted || Math.max(last ?? 0, lost.last ?? 0) !== wanted) {
    throw damaged('blocks are missing', { part: 'blocks', found: rows, wanted });
  }
}

/** What the fold has made of the blocks. @throws store_damaged. */
export function checkFoldRows(database: Database): void {
  const fold = new FoldRow(database).read();
  const digest = new Digest(EMPTY_DIGEST);
  new StateTable(database).flipAll(digest);
  const waiting = database.prepare<[], WaitingRow>('SELECT block, idx, dapp, tries, code, sum FROM waiting');
  for (const row of waiting.iterate()) {
    checkedWaiting(row);
    digest.flip(row.sum);
  }
  if (!equalBytes(digest.bytes, fold.digest)) {
    throw damaged('keys of the state, or entries that wait, have been lost', { part: 'state' });
  }
  const { rows, last } = counted(database, 'SELECT count(*) AS rows, max(position) AS last FROM outcome');
  if (rows !== fold.position || (last ?? 0) !== fold.position) {
    throw damaged('outcomes are missing', { part: 'outcomes', found: rows, wanted: fold.position });
  }
}

function counted(database: Database, sql: string): { readonly rows: number; readonly last: number | null } {
  return database.prepare<[], { rows: number; last: number | null }>(sql).get() ?? { rows: 0, last: 0 };
}
