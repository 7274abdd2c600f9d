import type { Database } from 'better-sqlite3';
import { CodedError } from '../base/errors.ts';
import type { Arriving } from './arriving.ts';
import { BlockWriter } from './block-writer.ts';
import { Checkpoints } from './checkpoints.ts';
import { storeError } from './database.ts';
import type { FoldCommit } from './fold-commit.ts';
import { FoldWriter } from './fold-writer.ts';
import { Tips } from './tips.ts';
import type { Acknowledged } from './witness.ts';

/** Writes a block when its turn has come: what was stored before it can be read. */
export type BlockMaker = () => Arriving;

/** What became of one block of a group. */
export type GroupResult = { readonly arrival: number; readonly arriving: Arriving } | { readonly error: CodedError };

/**
 * The one writer. Every method is one transaction, synced to disk when it returns; it throws with a `store_…` code when
 * the disk refuses, and then nothing of it has happened.
 */
export class Transactor {
  readonly #checkpoints: Checkpoints;
  readonly #run: (task: () => void) => void;
  readonly #onAppended: (last: Acknowledged) => void;
  readonly #blocks: BlockWriter;
  readonly #fold: FoldWriter;

  /**
   * @param tips those that the reader of blocks answers from.
   * @param checkpoints those that a backup withholds.
   * @param onAppended runs after each commit of blocks, with the last of them; must not throw.
   */
  constructor(
    database: Database,
    tips = new Tips(database),
    checkpoints = new Checkpoints(database),
    onAppended: (last: Acknowledged) => void = () => {},
  ) {
    this.#checkpoints = checkpoints;
    this.#onAppended = onAppended;
    const transaction = database.transaction((task: () => void) => task());
    this.#run = (task) => {
      try {
        transaction.immediate(task);
      } catch (error) {
        tips.forget();
        throw storeError(error, database.name);
      }
    };
    this.#blocks = new BlockWriter(database, tips);
    this.#fold = new FoldWriter(database);
  }

  /**
   * Appends blocks, parents first, none of them here yet. Acknowledged means: this has returned.
   * @returns the arrival of each.
   */
  append(blocks: readonly Arriving[]): readonly number[] {
    const arrivals: number[] = [];
    this.#run(() => {
      for (const block of blocks) arrivals.push(this.#blocks.appendForeign(block));
    });
    this.#tell(arrivals.at(-1), blocks.at(-1));
    return arrivals;
  }

  /**
   * Appends one block of each maker, in their order, all in one transaction. One that cannot be written fails alone.
   * @throws a `store_…` code when the disk refuses: then none is there.
   */
  appendGroup(makers: readonly BlockMaker[]): readonly GroupResult[] {
    const results: GroupResult[] = [];
    this.#run(() => {
      for (const make of makers) results.push(this.#appendMade(make));
    });
    const last = results.findLast((result) => 'arrival' in result);
    this.#tell(last?.arrival, last?.arriving);
    return results;
  }

  /** That a commit could begin now; writes nothing. @throws a `store_…` code. */
  probe(): void {
    this.#run(() => {});
  }

  #tell(arrival: number | undefined, arriving: Arriving | undefined): void {
    if (arrival !== undefined && arriving !== undefined) this.#onAppended({ arrival, id: arriving.encoded.id });
  }

  #appendMade(make: BlockMaker): GroupResult {
    let arriving: Arriving;
    try {
      arriving = make();
    } catch (error) {
      if (error instanceof CodedError && !error.code.startsWith('store_')) return { error };
      throw error;
    }
    return { arrival: this.#blocks.append(arriving), arriving };
  }

  /**
   * Makes a run of the fold lasting.
   * @throws erase_held, erase_unplayed besides.
   */
  commitFold(commit: FoldCommit): void {
    this.#run(() => this.#fold.commit(commit));
    // What was erased stands in the log of SQLite until that is written back.
    if (commit.erased.length > 0) this.#checkpoints.truncate();
  }
}
