import type { Database, Statement } from 'better-sqlite3';
import type { EntryPlace, WaitingEntry } from './fold-commit.ts';
import { type FoldPlace, FoldRow } from './fold-row.ts';
import { LogIndex, type LogPositions, type LogQuery } from './log-index.ts';
import { fromRow, OUTCOME_COLUMNS, type OutcomeRow, type RecordedOutcome } from './outcome-rows.ts';
import { damaged } from './row-sum.ts';
import { checkedWaiting, type WaitingRow } from './waiting-rows.ts';

/** Reads what the fold recorded. What is not as it was written is store_damaged, here and in every method. */
export class Journal {
  readonly #fold: FoldRow;
  readonly #log: LogIndex;
  readonly #outcome: Statement<[number, number], OutcomeRow>;
  readonly #outcomes: Statement<[number, number], OutcomeRow>;
  readonly #waiting: Statement<[], WaitingRow>;
  readonly #waits: Statement<[number, number], { tries: number }>;
  readonly #told: Statement<[string], { arrival: number }>;
  readonly #pulse: Statement<[string, string], { arrival: number }>;
  readonly #position: Statement<[string, string], { position: number }>;
  readonly #states: Statement<[string, string, number], { dapp: string; key: string; value: Uint8Array }>;

  constructor(database: Database) {
    this.#fold = new FoldRow(database);
    this.#log = new LogIndex(database);
    this.#outcome = database.prepare(`SELECT ${OUTCOME_COLUMNS} FROM outcome WHERE block = ? AND idx = ?`);
    this.#outcomes = database.prepare(
      `SELECT ${OUTCOME_COLUMNS} FROM outcome WHERE position > +? ORDER BY position LIMIT +?`,
    );
    this.#waiting = database.prepare('SELECT block, idx, dapp, tries, code, sum FROM waiting ORDER BY block, idx');
    this.#waits = database.prepare('SELECT tries FROM waiting WHERE block = ? AND idx = ?');
    this.#told = database.prepare("SELECT arrival FROM pulse WHERE id = ? AND fact <> 'mesh interrupted' LIMIT 1");
    this.#pulse = database.prepare('SELECT arrival FROM pulse WHERE id = ? AND fact = ?');
    this.#position = database.prepare('SELECT position FROM state WHERE dapp = ? AND key = ?');
    this.#states = database.prepare(
      'SELECT dapp, key, value FROM state WHERE (dapp, key) > (?, ?) ORDER BY dapp, key LIMIT ?',
    );
  }

  /** How far the fold has come. */
  fold(): FoldPlace {
    return this.#fold.read();
  }

  /** Arrival of the last block the fold has taken. */
  foldedTo(): number {
    return this.#fold.read().arrival;
  }

  /** What became of an entry; null while it waits or the fold has still to come to it. */
  outcome({ arrival, index }: EntryPlace): RecordedOutcome | null {
    const row = this.#outcome.get(arrival, index);
    if (row !== undefined) return fromRow(row);
    if (arrival <= this.foldedTo() && !this.isWaiting({ arrival, index })) {
      throw damaged('an entry was played, and its outcome is gone', { arrival, index });
    }
    return null;
  }

  /** Outcomes after `position` (0: from the first), in the order in which they were played, without a gap. */
  outcomes(position: number, limit: number): readonly RecordedOutcome[] {
    return this.#outcomes.all(position, limit).map((row, at) => {
      if (row.position === position + at + 1) return fromRow(row);
      throw damaged('outcomes are missing', { from: position + at + 1, to: row.position - 1 });
    });
  }

  /** The outcome at `position`, which there is. */
  outcomeAt(position: number): RecordedOutcome {
    const [recorded] = this.outcomes(position - 1, 1);
    if (recorded === undefined) throw damaged('an outcome is missing', { position });
    return recorded;
  }

  /** The last position played at or before node time `ms`; 0: none. Node time never goes back. */
  positionAt(ms: number): number {
    let [low, high] = [0, this.fold().position];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.outcomeAt(middle).at.wallMs <= ms) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Positions that the query picks; their outcomes are read by `outcomeAt`. */
  page(query: LogQuery): LogPositions {
    const since = query.sinceMs === undefined ? 0 : this.positionAt(query.sinceMs - 1);
    return this.#log.page(query, Math.max(query.after ?? 0, since), (position) => this.outcomeAt(position));
  }

  /** A key of its dapp's state whose value is still the one that the entry wrote, or null: then it can be erased. */
  heldBy(place: EntryPlace): string | null {
    const recorded = this.outcome(place);
    if (recorded === null) return null;
    const { dapp, keys, position } = recorded;
    return keys.find((key) => this.#position.get(dapp, key)?.position === position) ?? null;
  }

  /** Whether there is an outcome of it, whatever it says. */
  hasOutcome({ arrival, index }: EntryPlace): boolean {
    return this.#outcome.get(arrival, index) !== undefined;
  }

  isWaiting({ arrival, index }: EntryPlace): boolean {
    return this.#waits.get(arrival, index) !== undefined;
  }

  waiting(): readonly WaitingEntry[] {
    return this.#waiting.all().map(checkedWaiting);
  }

  /** Whether any fact but that of its interruption speaks of the pulse. */
  isTold(pulse: string): boolean {
    return this.#told.get(pulse) !== undefined;
  }

  /** Whether that fact speaks of the pulse. */
  hasPulse(pulse: string, fact: string): boolean {
    return this.#pulse.get(pulse, fact) !== undefined;
  }

  /** Rows of all dapps' state after (`dapp`, `key`), in order, as they lie there. */
  statesAfter(dapp: string, key: string, limit: number): readonly { dapp: string; key: string; value: Uint8Array }[] {
    return this.#states.all(dapp, key, limit);
  }
}
