import type { Database } from 'better-sqlite3';
import { checkFoldRows } from './checks.ts';
import { fromRow, OUTCOME_COLUMNS, type OutcomeRow } from './outcome-rows.ts';
import { checkRow } from './row-sum.ts';
import { checkedState, type StateRowOnDisk, type StateTableName } from './state-rows.ts';
import { isDamage, type Survey } from './survey.ts';
import { Tips } from './tips.ts';
import { checkVersions } from './version-links.ts';
import { checkedWaiting, type WaitingRow } from './waiting-rows.ts';

const BATCH_ROWS = 1_024;

interface AnyRow {
  readonly [column: string]: string | number | Uint8Array | null;
}

/** Copies every sound block under its own arrival, and writes down which ones are lost. */
export function copyBlocks(from: Database, to: Database, survey: Survey, progress: (done: number) => void): void {
  const lost = new Map(survey.lost.map((one) => [one.arrival, one.id]));
  const read = from.prepare('SELECT arrival, id, signature, bytes, bodies FROM block WHERE arrival = ?');
  const insert = to.prepare('INSERT INTO block VALUES (:arrival, :id, :signature, :bytes, :bodies)');
  const lose = to.prepare('INSERT INTO lost (arrival, id) VALUES (?, ?)');
  const tips = new Tips(to);
  for (let first = 1; first <= survey.last; first += BATCH_ROWS) {
    const end = Math.min(survey.last, first + BATCH_ROWS - 1);
    to.transaction(() => {
      for (let arrival = first; arrival <= end; arrival += 1) {
        const id = lost.get(arrival);
        if (id === undefined) insert.run(read.get(arrival));
        else lose.run(arrival, id === null ? null : Buffer.from(id, 'hex'));
      }
      tips.keep();
    })();
    progress(end);
  }
}

/** Copies the pulses that are told of, as far as they can be read. */
export function copyPulses(from: Database, to: Database): void {
  const insert = to.prepare('INSERT INTO pulse VALUES (:id, :fact, :arrival, :sum)');
  const rows = from.prepare<[], AnyRow>('SELECT id, fact, arrival, sum FROM pulse');
  to.transaction(() => {
    try {
      for (const row of rows.iterate()) if (isPulse(row)) insert.run(row);
    } catch (error) {
      // What is behind a page that cannot be read is told of again, as recovered.
      if (!isDamage(error)) throw error;
    }
  })();
}

function isPulse({ id, fact, arrival, sum }: AnyRow): boolean {
  try {
    checkRow(['pulse', String(id), String(fact), Number(arrival)], null, sum as Uint8Array);
    return true;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

/**
 * Copies what the fold has made of the blocks, when every row of it is sound and none is missing.
 * @returns whether it was; if not, nothing is copied.
 */
export function copyFolded(from: Database, to: Database): boolean {
  try {
    checkFoldRows(from);
    checkVersions(from);
    to.transaction(() => {
      copyTable(from, to, 'outcome', (row) => fromRow(row as unknown as OutcomeRow));
      copyTable(from, to, 'waiting', (row) => checkedWaiting(row as unknown as WaitingRow));
      for (const table of ['state', 'gone', 'version'] as const) copyTable(from, to, table, checkerOf(table));
      copyTable(from, to, 'fold', () => {});
      checkFoldRows(to);
      checkVersions(to);
    })();
    return true;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

const COLUMNS = {
  outcome: OUTCOME_COLUMNS,
  waiting: 'block, idx, dapp, tries, code, sum',
  state: 'dapp, key, position, before, sum, value',
  gone: 'dapp, key, position, before, sum',
  version: 'dapp, key, position, before, sum, value',
  fold: 'one, arrival, position, erased, digest, sum',
};

function copyTable(from: Database, to: Database, table: keyof typeof COLUMNS, check: (row: AnyRow) => void): void {
  const columns = COLUMNS[table];
  const places = columns.replaceAll(/\w+/g, (column) => `:${column}`);
  const insert = to.prepare(`INSERT INTO ${table} (${columns}) VALUES (${places})`);
  for (const row of from.prepare<[], AnyRow>(`SELECT ${columns} FROM ${table}`).iterate()) {
    check(row);
    insert.run(row);
  }
}

function checkerOf(table: StateTableName): (row: AnyRow) => void {
  return (row) => {
    const state = { value: null, ...row } as unknown as StateRowOnDisk;
    checkedState(table, String(row.dapp), state);
  };
}
