import type { Database, Statement } from 'better-sqlite3';
import type { Json } from '../base/json.ts';
import { SCAN_ROWS_MAX, STATE_VALUE_BYTES_MAX } from '../base/limits.ts';
import { decodeJson } from '../format/json-value.ts';
import type { StatePage, StateReader, StateRow } from '../ledger/state.ts';
import { damaged } from './row-sum.ts';
import { LAST_KEY, scanStart } from './scan-range.ts';
import { checkedState, type StateRowOnDisk } from './state-rows.ts';

interface NewestRow extends StateRowOnDisk {
  readonly source: 'state' | 'gone';
}

/**
 * State as it was after one outcome. A key's versions are a chain, each naming the one before it, and its newest stands
 * in state or among the keys that are gone: a version that is lost is store_damaged, never "there was nothing". What an
 * `erase` has taken away reads as if it had not been there.
 */
export class PastState implements StateReader {
  readonly #position: number;
  readonly #newest: Statement<[string, string, string, string], NewestRow>;
  readonly #older: Statement<[string, string, number], StateRowOnDisk>;
  readonly #newer: Statement<[string, string, number], StateRowOnDisk>;
  readonly #scanFrom: Statement<unknown[], NewestRow>;
  readonly #scanAfter: Statement<unknown[], NewestRow>;

  constructor(database: Database, position: number) {
    this.#position = position;
    const state = "SELECT key, position, before, value, sum, 'state' AS source FROM state WHERE dapp = ? AND key";
    const gone = "SELECT key, position, before, NULL AS value, sum, 'gone' AS source FROM gone WHERE dapp = ? AND key";
    this.#newest = database.prepare(`${state} = ? UNION ALL ${gone} = ?`);
    const scan = (comparison: string) =>
      database.prepare<unknown[], NewestRow>(
        `${state} ${comparison} ? AND key < ? UNION ALL ${gone} ${comparison} ? AND key < ? ORDER BY key LIMIT ?`,
      );
    this.#scanFrom = scan('>=');
    this.#scanAfter = scan('>');
    const version = 'SELECT key, position, before, value, sum FROM version WHERE dapp = ? AND key = ? AND position';
    this.#older = database.prepare(`${version} <= ? ORDER BY position DESC LIMIT 1`);
    this.#newer = database.prepare(`${version} > ? ORDER BY position LIMIT 1`);
  }

  read(dapp: string, key: string): Json | null {
    const newest = this.#newest.get(dapp, key, dapp, key);
    return newest === undefined ? null : this.#valueThen(dapp, newest);
  }

  scan(dapp: string, prefix: string, after: string | null, limit: number): StatePage {
    const rows: StateRow[] = [];
    const end = prefix + LAST_KEY;
    let { from, isBehind } = scanStart(prefix, after);
    for (;;) {
      const statement = isBehind ? this.#scanAfter : this.#scanFrom;
      const page = statement.all(dapp, from, end, dapp, from, end, SCAN_ROWS_MAX);
      for (const newest of page) {
        const value = this.#valueThen(dapp, newest);
        if (value === null) continue;
        if (rows.length === limit) return { rows, more: true };
        rows.push({ key: newest.key, value });
      }
      if (page.length < SCAN_ROWS_MAX) return { rows, more: false };
      from = page.at(-1)?.key ?? from;
      isBehind = true;
    }
  }

  #valueThen(dapp: string, newest: NewestRow): Json | null {
    const { key } = newest;
    let then: StateRowOnDisk | null = checkedState(newest.source, dapp, newest);
    if (newest.position > this.#position) {
      const older = this.#older.get(dapp, key, this.#position);
      const newer = this.#newer.get(dapp, key, this.#position);
      then = older === undefined ? null : checkedState('version', dapp, older);
      const following = newer === undefined ? newest : checkedState('version', dapp, newer);
      if (following.before !== (then?.position ?? 0)) {
        throw damaged('a version of a key is missing', { dapp, key, position: following.before });
      }
    }
    const value = then?.value ?? null;
    return value === null ? null : decodeJson(value, STATE_VALUE_BYTES_MAX);
  }
}
