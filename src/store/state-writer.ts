import type { Database, Statement } from 'better-sqlite3';
import { encodeJson } from '../format/json-value.ts';
import type { StateWrite } from '../ledger/state.ts';
import type { Digest } from './row-sum.ts';
import { checkedState, type StateRowOnDisk, stateRowSum } from './state-rows.ts';

type Change = Pick<StateRowOnDisk, 'key' | 'position' | 'before' | 'value'>;

/** Writes state and keeps what was before it; only within a transaction of the transactor. */
export class StateWriter {
  readonly #state: Statement<[string, string], StateRowOnDisk>;
  readonly #gone: Statement<[string, string], StateRowOnDisk>;
  readonly #putState: Statement<unknown[]>;
  readonly #putGone: Statement<unknown[]>;
  readonly #putVersion: Statement<unknown[]>;
  readonly #removeState: Statement<[string, string]>;
  readonly #removeGone: Statement<[string, string]>;

  constructor(database: Database) {
    const row = 'dapp = ? AND key = ?';
    this.#state = database.prepare(`SELECT key, position, before, value, sum FROM state WHERE ${row}`);
    this.#gone = database.prepare(`SELECT key, position, before, NULL AS value, sum FROM gone WHERE ${row}`);
    const columns = 'dapp, key, position, before, sum';
    this.#putState = database.prepare(`INSERT OR REPLACE INTO state (${columns}, value) VALUES (?, ?, ?, ?, ?, ?)`);
    this.#putGone = database.prepare(`INSERT INTO gone (${columns}) VALUES (?, ?, ?, ?, ?)`);
    this.#putVersion = database.prepare(`INSERT INTO version (${columns}, value) VALUES (?, ?, ?, ?, ?, ?)`);
    this.#removeState = database.prepare(`DELETE FROM state WHERE ${row}`);
    this.#removeGone = database.prepare(`DELETE FROM gone WHERE ${row}`);
  }

  /**
   * What the outcome at `position` writes. Of two writes of one key the last one counts; removing a key that has no
   * value is nothing.
   * @returns the keys that changed. @throws store_damaged; the codes of `encodeJson`.
   */
  write(dapp: string, writes: readonly StateWrite[], position: number, digest: Digest): readonly string[] {
    const last = new Map(writes.map(({ key, value }) => [key, value]));
    return [...last].flatMap(([key, value]) => {
      const bytes = value === null ? null : encodeJson(value);
      return this.#writeOne(dapp, key, bytes, position, digest) ? [key] : [];
    });
  }

  #writeOne(dapp: string, key: string, value: Uint8Array | null, position: number, digest: Digest): boolean {
    const state = this.#state.get(dapp, key);
    const old = state ?? this.#gone.get(dapp, key);
    if (state === undefined && value === null) return false;
    if (old !== undefined) {
      checkedState(state === undefined ? 'gone' : 'state', dapp, old);
      digest.flip(old.sum);
      this.#putVersion.run(dapp, key, old.position, old.before, stateRowSum('version', dapp, old), old.value);
    }
    const change: Change = { key, position, before: old?.position ?? 0, value };
    const sum = stateRowSum(value === null ? 'gone' : 'state', dapp, change);
    if (value === null) {
      this.#removeState.run(dapp, key);
      this.#putGone.run(dapp, key, position, change.before, sum);
    } else {
      if (old !== undefined && state === undefined) this.#removeGone.run(dapp, key);
      this.#putState.run(dapp, key, position, change.before, sum, value);
    }
    digest.flip(sum);
    return true;
  }
}
