import type { Database, Statement } from 'better-sqlite3';
import { toHex } from '../base/bytes.ts';
import type { Block } from '../format/block.ts';
import type { BlockId } from '../format/ids.ts';
import { openFiled } from './filed.ts';
import { checkedBlob, checkRow, damaged, type RowWords, rowSum } from './row-sum.ts';
import { noTips, parseTips, printTips, type TipsBook } from './tips-book.ts';

/** How many blocks are read again at a start, at most: every so many arrivals the tips are written down. */
const KEPT_EVERY = 64;

interface KeptRow {
  readonly arrival: number;
  readonly book: string;
  readonly sum: Uint8Array;
}

/**
 * Where the next block stands: the heads (blocks that no block here has as a parent) and the last block of each author.
 * All of it follows from the blocks; it is kept in memory so that an append writes nothing but its block, and written
 * down now and then so that a start reads few blocks. Before every answer it looks whether the last block of the store
 * is the one it knows, and reads what came in without it.
 */
export class Tips {
  readonly #last: Statement<[], { arrival: number; id: Uint8Array }>;
  readonly #after: Statement<[number], { arrival: number; id: Uint8Array; bytes: Uint8Array }>;
  readonly #idAt: Statement<[number], { id: Uint8Array }>;
  readonly #kept: Statement<[], KeptRow>;
  readonly #keep: Statement<unknown[]>;
  #book: TipsBook = noTips();

  constructor(database: Database) {
    this.#last = database.prepare('SELECT arrival, id FROM block ORDER BY arrival DESC LIMIT 1');
    this.#after = database.prepare('SELECT arrival, id, bytes FROM block WHERE arrival > ? ORDER BY arrival');
    this.#idAt = database.prepare('SELECT id FROM block WHERE arrival = ?');
    this.#kept = database.prepare('SELECT arrival, book, sum FROM tips');
    this.#keep = database.prepare('INSERT OR REPLACE INTO tips (one, arrival, book, sum) VALUES (1, ?, ?, ?)');
  }

  /** @throws store_damaged. */
  now(): Readonly<TipsBook> {
    const last = this.#last.get();
    const arrival = last?.arrival ?? 0;
    const id = last === undefined ? '' : toHex(checkedBlob('block', last.id));
    if (arrival === this.#book.arrival && id === this.#book.id) return this.#book;
    if (this.#book.arrival === 0 || !this.#knows(this.#book)) this.#book = this.#read();
    for (const row of this.#after.iterate(this.#book.arrival)) {
      const name = toHex(checkedBlob('block', row.id));
      take(this.#book, openFiled(row.bytes, name, row.arrival), name, row.arrival);
    }
    if (arrival !== this.#book.arrival) throw damaged('the last blocks are missing', { arrival: this.#book.arrival });
    return this.#book;
  }

  /**
   * Takes note of a block that has just been stored; only within a transaction of the transactor. Blocks that came
   * before it without being noted are read with it at the next look.
   */
  take(block: Block, id: BlockId, arrival: number): void {
    if (arrival !== this.#book.arrival + 1) return;
    take(this.#book, block, id, arrival);
    if (arrival % KEPT_EVERY === 0) this.#keepNow();
  }

  /** What was noted in a transaction that did not come to its end has not happened. */
  forget(): void {
    this.#book = noTips();
  }

  /** Writes down where they are now; only within a transaction. */
  keep(): void {
    this.now();
    this.#keepNow();
  }

  #keepNow(): void {
    const { arrival } = this.#book;
    const book = printTips(this.#book);
    this.#keep.run(arrival, book, rowSum(wordsOf(arrival, book)));
  }

  #read(): TipsBook {
    const row = this.#kept.get();
    if (row === undefined) return noTips();
    checkRow(wordsOf(row.arrival, row.book), null, row.sum);
    const book = parseTips(row.book);
    if (!this.#knows(book)) throw damaged('the last blocks are missing', { arrival: book.arrival });
    return book;
  }

  /** Whether its last block is still the one at that arrival. */
  #knows({ arrival, id }: TipsBook): boolean {
    if (arrival === 0) return true;
    const row = this.#idAt.get(arrival);
    return row !== undefined && toHex(checkedBlob('block', row.id)) === id;
  }
}

function wordsOf(arrival: number, book: string): RowWords {
  return ['tips', arrival, book];
}

function take(book: TipsBook, block: Block, id: BlockId, arrival: number): void {
  const { height, life, seq } = block;
  for (const parent of block.parents) book.heads.delete(parent);
  book.heads.set(id, { arrival, height });
  book.authors.set(toHex(block.author), { id, height, life, seq });
  book.arrival = arrival;
  book.id = id;
}
