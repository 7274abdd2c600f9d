import type { Database, Statement } from 'better-sqlite3';
import { toHex } from '../base/bytes.ts';
import { checkedBlob, checkRow, EMPTY_DIGEST, type RowWords, rowSum } from './row-sum.ts';

/** How far the fold has come. */
export interface FoldPlace {
  /** Arrival of the last block that is played or waiting. */
  readonly arrival: number;
  /** Of the last outcome. */
  readonly position: number;
  /** Of the last outcome that erased something; 0: none. */
  readonly erased: number;
  /** Over waiting, state and gone. */
  readonly digest: Uint8Array;
}

const NOWHERE: FoldPlace = Object.freeze({ arrival: 0, position: 0, erased: 0, digest: EMPTY_DIGEST });

function wordsOf({ arrival, position, erased, digest }: FoldPlace): RowWords {
  return ['fold', arrival, position, erased, toHex(checkedBlob('fold', digest))];
}

export class FoldRow {
  readonly #get: Statement<[], FoldPlace & { sum: Uint8Array }>;
  readonly #put: Statement<unknown[]>;

  constructor(database: Database) {
    this.#get = database.prepare('SELECT arrival, position, erased, digest, sum FROM fold');
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO fold (one, arrival, position, erased, digest, sum) VALUES (1, ?, ?, ?, ?, ?)',
    );
  }

  /** @throws store_damaged. */
  read(): FoldPlace {
    const row = this.#get.get();
    if (row === undefined) return NOWHERE;
    checkRow(wordsOf(row), null, row.sum);
    return row;
  }

  /** Only within a transaction of the transactor. */
  write(place: FoldPlace): void {
    const { arrival, position, erased, digest } = place;
    this.#put.run(arrival, position, erased, digest, rowSum(wordsOf(place)));
  }
}
