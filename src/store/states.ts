import type { Database, Statement } from 'better-sqlite3';
import type { Json } from '../base/json.ts';
import { STATE_VALUE_BYTES_MAX } from '../base/limits.ts';
import { decodeJson } from '../format/json-value.ts';
import type { StatePage, StateReader } from '../ledger/state.ts';
import { PastState } from './past-state.ts';
import type { Digest } from './row-sum.ts';
import { LAST_KEY, scanStart } from './scan-range.ts';
import { checkedState, type StateRowOnDisk } from './state-rows.ts';

/**
 * The committed state of all dapps. Every value is known to be the one that was written, or reading it throws
 * store_damaged; that no row has been lost is checked at the start of the process, by the fold's digest.
 */
export class StateTable implements StateReader {
  readonly #database: Database;
  readonly #read: Statement<[string, string], StateRowOnDisk>;
  readonly #scanFrom: Statement<[string, string, string, number], StateRowOnDisk>;
  readonly #scanAfter: Statement<[string, string, string, number], StateRowOnDisk>;

  constructor(database: Database) {
    this.#database = database;
    const columns = 'key, position, before, value, sum';
    this.#read = database.prepare(`SELECT ${columns} FROM state WHERE dapp = ? AND key = ?`);
    const scan = (comparison: string) =>
      database.prepare<[string, string, string, number], StateRowOnDisk>(
        `SELECT ${columns} FROM state WHERE dapp = ? AND key ${comparison} ? AND key < ? ORDER BY key LIMIT ?`,
      );
    this.#scanFrom = scan('>=');
    this.#scanAfter = scan('>');
  }

  read(dapp: string, key: string): Json | null {
    const row = this.#read.get(dapp, key);
    return row === undefined ? null : jsonOf(checkedState('state', dapp, row));
  }

  scan(dapp: string, prefix: string, after: string | null, limit: number): StatePage {
    const { from, isBehind } = scanStart(prefix, after);
    const statement = isBehind ? this.#scanAfter : this.#scanFrom;
    const rows = statement
      .all(dapp, from, prefix + LAST_KEY, limit + 1)
      .map((row) => ({ key: row.key, value: jsonOf(checkedState('state', dapp, row)) }));
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  /** State as it was after the outcome at `position`: every version names the one before, so that none is missed. */
  at(position: number): StateReader {
    return new PastState(this.#database, position);
  }

  /** Flips the fingerprint of every row of state and of gone keys in `digest`, each checked. @throws store_damaged. */
  flipAll(digest: Digest): void {
    for (const table of ['state', 'gone'] as const) {
      const value = table === 'state' ? 'value' : 'NULL AS value';
      const rows = this.#database.prepare<[], StateRowOnDisk & { dapp: string }>(
        `SELECT dapp, key, position, before, ${value}, sum FROM ${table}`,
      );
      for (const row of rows.iterate()) {
        checkedState(table, row.dapp, row);
        digest.flip(row.sum);
      }
    }
  }
}

/** The value of a row that has one. */
function jsonOf({ value }: StateRowOnDisk): Json {
  return decodeJson(value ?? new Uint8Array(), STATE_VALUE_BYTES_MAX);
}
