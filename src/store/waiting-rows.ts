import type { WaitingEntry } from './fold-commit.ts';
import { checkRow, type RowWords, rowSum } from './row-sum.ts';

export interface WaitingRow {
  readonly block: number;
  readonly idx: number;
  readonly dapp: string;
  readonly tries: number;
  readonly code: string;
  readonly sum: Uint8Array;
}

export function waitingSum({ arrival, index, dapp, tries, code }: WaitingEntry): Uint8Array {
  return rowSum(wordsOf(arrival, index, dapp, tries, code));
}

/** @throws store_damaged. */
export function checkedWaiting({ block, idx, dapp, tries, code, sum }: WaitingRow): WaitingEntry {
  checkRow(wordsOf(block, idx, dapp, tries, code), null, sum);
  return { arrival: block, index: idx, dapp, tries, code };
}

function wordsOf(block: number, idx: number, dapp: string, tries: number, code: string): RowWords {
  return ['waiting', block, idx, dapp, tries, code];
}
