import type { Database, Statement } from 'better-sqlite3';
import { Eraser } from './eraser.ts';
import type { FoldCommit, PlayedEntry, WaitingEntry } from './fold-commit.ts';
import { FoldRow } from './fold-row.ts';
import { OUTCOME_COLUMNS, toRow } from './outcome-rows.ts';
import { Digest, damaged } from './row-sum.ts';
import { StateWriter } from './state-writer.ts';
import { waitingSum } from './waiting-rows.ts';

/** Makes a run of the fold lasting; only within a transaction of the transactor. */
export class FoldWriter {
  readonly #fold: FoldRow;
  readonly #states: StateWriter;
  readonly #eraser: Eraser;
  readonly #insertOutcome: Statement<unknown[]>;
  readonly #putWaiting: Statement<unknown[]>;
  readonly #removeWaiting: Statement<[number, number], { sum: Uint8Array }>;

  constructor(database: Database) {
    this.#fold = new FoldRow(database);
    this.#states = new StateWriter(database);
    this.#eraser = new Eraser(database);
    const places = OUTCOME_COLUMNS.replaceAll(/\w+/g, (column) => `:${column}`);
    this.#insertOutcome = database.prepare(
      `INSERT INTO outcome (${OUTCOME_COLUMNS}) VALUES (${places}) ON CONFLICT DO NOTHING`,
    );
    this.#putWaiting = database.prepare(
      'INSERT INTO waiting (block, idx, dapp, tries, code, sum) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#removeWaiting = database.prepare('DELETE FROM waiting WHERE block = ? AND idx = ? RETURNING sum');
  }

  commit({ arrival, played, waiting, erased }: FoldCommit): void {
    const before = this.#fold.read();
    const digest = new Digest(before.digest);
    let { position } = before;
    for (const entry of played) {
      position += 1;
      this.#take(entry, digest);
      this.#record(entry, position, digest);
    }
    for (const entry of waiting) this.#wait(entry, digest);
    if (erased.length > 0) this.#eraser.erase(erased, digest);
    this.#fold.write({
      arrival,
      position,
      erased: erased.length > 0 ? position : before.erased,
      digest: digest.bytes,
    });
  }

  #record({ arrival, index, dapp, kind, tags, outcome, at }: PlayedEntry, position: number, digest: Digest): void {
    const keys = outcome.ok ? this.#states.write(dapp, outcome.writes, position, digest) : [];
    const said = outcome.ok ? { code: null, message: null } : { code: outcome.code, message: outcome.message };
    const recorded = { position, arrival, index, dapp, kind, ok: outcome.ok, ...said, at, keys, isErased: false, tags };
    const { changes } = this.#insertOutcome.run(toRow(recorded));
    if (changes === 0) throw damaged('the fold has come to an entry that was played', { arrival, index, position });
  }

  #wait(entry: WaitingEntry, digest: Digest): void {
    this.#take(entry, digest);
    const { arrival, index, dapp, tries, code } = entry;
    const sum = waitingSum(entry);
    this.#putWaiting.run(arrival, index, dapp, tries, code, sum);
    digest.flip(sum);
  }

  /** It waits no more. */
  #take({ arrival, index }: { readonly arrival: number; readonly index: number }, digest: Digest): void {
    const row = this.#removeWaiting.get(arrival, index);
    if (row !== undefined) digest.flip(row.sum);
  }
}
