import type { Database, Statement } from 'better-sqlite3';
import { PULSE_INDEX_ROWS_MAX, PULSE_PRUNE_ROWS_MAX } from '../base/limits.ts';
import type { PulseMark } from './arriving.ts';
import { checkRow, rowSum } from './row-sum.ts';

interface PulseRow {
  readonly id: string;
  readonly fact: string;
  readonly arrival: number;
  readonly sum: Uint8Array;
}

/** Reads every row. @throws store_damaged. */
export function checkPulses(database: Database): void {
  const rows = database.prepare<[], PulseRow>('SELECT id, fact, arrival, sum FROM pulse');
  for (const { id, fact, arrival, sum } of rows.iterate()) checkRow(['pulse', id, fact, arrival], null, sum);
}

/** Keeps which pulses our facts speak of; only within a transaction of the transactor. */
export class PulseWriter {
  readonly #insert: Statement<unknown[]>;
  readonly #prune: Statement<[number]>;
  /** Rows since the oldest were last dropped; what an earlier process left is looked through at once. */
  #fresh = PULSE_PRUNE_ROWS_MAX;

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT OR IGNORE INTO pulse (id, fact, arrival, sum) VALUES (?, ?, ?, ?)');
    this.#prune = database.prepare(
      `DELETE FROM pulse WHERE arrival <= (SELECT arrival FROM pulse ORDER BY arrival DESC LIMIT 1 OFFSET +?)`,
    );
  }

  mark(pulses: readonly PulseMark[], arrival: number): void {
    for (const { pulse, fact } of pulses) {
      this.#insert.run(pulse, fact, arrival, rowSum(['pulse', pulse, fact, arrival]));
    }
    this.#fresh += pulses.length;
    if (pulses.length === 0 || this.#fresh < PULSE_PRUNE_ROWS_MAX) return;
    // One at a time, the search for the oldest would cost more than the append.
    this.#fresh = 0;
    this.#prune.run(PULSE_INDEX_ROWS_MAX);
  }
}
