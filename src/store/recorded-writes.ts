import type { Database, Statement } from 'better-sqlite3';
import { STATE_VALUE_BYTES_MAX } from '../base/limits.ts';
import { decodeJson } from '../format/json-value.ts';
import type { StateWrite } from '../ledger/state.ts';
import type { RecordedOutcome } from './outcome-rows.ts';
import { damaged } from './row-sum.ts';
import { checkedState, type StateRowOnDisk, type StateTableName } from './state-rows.ts';

const TABLES: readonly StateTableName[] = ['state', 'gone', 'version'];

/** What an entry wrote, read from the rows that still have it. */
export class RecordedWrites {
  readonly #rows: readonly {
    readonly table: StateTableName;
    readonly statement: Statement<[string, string, number], StateRowOnDisk>;
  }[];

  constructor(database: Database) {
    this.#rows = TABLES.map((table) => {
      const value = table === 'gone' ? 'NULL AS value' : 'value';
      const sql = `SELECT key, position, before, ${value}, sum FROM ${table} WHERE dapp = ? AND key = ? AND position = ?`;
      return { table, statement: database.prepare(sql) };
    });
  }

  /** In the order of its keys; of an entry that was erased, nothing. @throws store_damaged where a row is not sound. */
  of({ dapp, keys, position }: RecordedOutcome): readonly StateWrite[] {
    return keys.map((key) => {
      for (const { table, statement } of this.#rows) {
        const row = statement.get(dapp, key, position);
        if (row === undefined) continue;
        const { value } = checkedState(table, dapp, row);
        return { key, value: value === null ? null : decodeJson(value, STATE_VALUE_BYTES_MAX) };
      }
      throw damaged('what an entry wrote is missing', { dapp, key, position });
    });
  }
}
