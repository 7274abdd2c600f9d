import { checkRow, type RowWords, rowSum } from './row-sum.ts';

/** The tables that hold state: as it is, keys that have no value any more, and what was before. */
export type StateTableName = 'state' | 'gone' | 'version';

export interface StateRowOnDisk {
  readonly key: string;
  /** Of the outcome that wrote it. */
  readonly position: number;
  /** The version before this one; 0: none. */
  readonly before: number;
  /** null: no value. */
  readonly value: Uint8Array | null;
  readonly sum: Uint8Array;
}

type Unsummed = Omit<StateRowOnDisk, 'sum'>;

function wordsOf(table: StateTableName, dapp: string, { key, position, before }: Unsummed): RowWords {
  return [table, dapp, key, position, before];
}

export function stateRowSum(table: StateTableName, dapp: string, row: Unsummed): Uint8Array {
  return rowSum(wordsOf(table, dapp, row), row.value);
}

/** @throws store_damaged. */
export function checkedState(table: StateTableName, dapp: string, row: StateRowOnDisk): StateRowOnDisk {
  checkRow(wordsOf(table, dapp, row), row.value, row.sum);
  return row;
}
