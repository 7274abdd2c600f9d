import type { Database, Statement } from 'better-sqlite3';
import type { ClockQuality, ClockReading } from '../base/ports.ts';
import type { WaitingEntry } from './transactor.ts';

interface LogDatabaseRow {
  readonly arrival: number;
  readonly idx: number;
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  readonly body: Uint8Array;
  readonly ok: number | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly waiting: string | null;
}

/** One entry with what became of it; `ok` is null while it has not been played. */
export interface JournalRow {
  readonly arrival: number;
  readonly index: number;
  readonly block: Uint8Array;
  /** The block's bytes, for author and time. */
  readonly blockBytes: Uint8Array;
  readonly body: Uint8Array;
  readonly ok: boolean | null;
  readonly code: string | null;
  readonly message: string | null;
  /** Why it waits, or null. */
  readonly waiting: string | null;
}

/** One entry's outcome as it was recorded, for `verify`. */
export interface RecordedOutcome {
  readonly arrival: number;
  readonly index: number;
  readonly ok: boolean;
  readonly code: string | null;
  readonly at: ClockReading;
}

/** Reads what the fold recorded, and the entries in order. */
export class Journal {
  readonly #cursor: Statement<[], { arrival: number }>;
  readonly #outcome: Statement<[number, number], { ok: number; code: string | null; message: string | null }>;
  readonly #outcomes: Statement<[number, number], RecordedRow>;
  readonly #waiting: Statement<[], { block: number; idx: number; dapp: string; tries: number; code: string }>;
  readonly #rows: Statement<[number, number, number], LogDatabaseRow>;
  readonly #first: Statement<[number], { arrival: number }>;
  readonly #told: Statement<[string], { row: number }>;
  readonly #pulse: Statement<[string, string], { row: number }>;
  readonly #states: Statement<[string, string, number], { dapp: string; key: string; value: Uint8Array }>;

  constructor(database: Database) {
    this.#cursor = database.prepare('SELECT arrival FROM fold');
    this.#outcome = database.prepare('SELECT ok, code, message FROM outcome WHERE block = ? AND idx = ?');
    this.#outcomes = database.prepare(
      `SELECT position, block, idx, ok, code, at_ms, at_quality FROM outcome
       WHERE position > ? ORDER BY position LIMIT ?`,
    );
    this.#waiting = database.prepare('SELECT block, idx, dapp, tries, code FROM waiting ORDER BY block, idx');
    this.#rows = database.prepare(
      `SELECT e.block AS arrival, e.idx, b.id, b.bytes, e.body, o.ok, o.code, o.message, w.code AS waiting
       FROM entry e JOIN block b ON b.arrival = e.block
       LEFT JOIN outcome o ON o.block = e.block AND o.idx = e.idx
       LEFT JOIN waiting w ON w.block = e.block AND w.idx = e.idx
       WHERE (e.block, e.idx) > (?, ?) ORDER BY e.block, e.idx LIMIT ?`,
    );
    this.#first = database.prepare('SELECT arrival FROM block ORDER BY arrival DESC LIMIT 1 OFFSET ?');
    this.#told = database.prepare("SELECT row FROM pulse WHERE id = ? AND fact <> 'mesh interrupted' LIMIT 1");
    this.#pulse = database.prepare('SELECT row FROM pulse WHERE id = ? AND fact = ?');
    this.#states = database.prepare(
      'SELECT dapp, key, value FROM state WHERE (dapp, key) > (?, ?) ORDER BY dapp, key LIMIT ?',
    );
  }

  /** Arrival of the last block the fold has taken. */
  foldedTo(): number {
    return this.#cursor.get()?.arrival ?? 0;
  }

  outcome(arrival: number, index: number): { ok: boolean; code: string | null; message: string | null } | null {
    const row = this.#outcome.get(arrival, index);
    return row === undefined ? null : { ...row, ok: row.ok === 1 };
  }

  /** Outcomes in the order in which they were played, from `position` (0: the first) on. */
  outcomes(position: number, limit: number): readonly (RecordedOutcome & { readonly position: number })[] {
    return this.#outcomes.all(position, limit).map((row) => ({
      position: row.position,
      arrival: row.block,
      index: row.idx,
      ok: row.ok === 1,
      code: row.code,
      at: { wallMs: row.at_ms, quality: row.at_quality },
    }));
  }

  waiting(): readonly WaitingEntry[] {
    return this.#waiting.all().map(({ block, idx, ...row }) => ({ arrival: block, index: idx, ...row }));
  }

  /** Entries after (`arrival`, `index`), in order of arrival. */
  entriesAfter(arrival: number, index: number, limit: number): readonly JournalRow[] {
    return this.#rows.all(arrival, index, limit).map((row) => ({
      arrival: row.arrival,
      index: row.idx,
      block: row.id,
      blockBytes: row.bytes,
      body: row.body,
      ok: row.ok === null ? null : row.ok === 1,
      code: row.code,
      message: row.message,
      waiting: row.waiting,
    }));
  }

  /** The arrival after which the last `blocks` blocks came. */
  arrivalBefore(blocks: number): number {
    return this.#first.get(blocks)?.arrival ?? 0;
  }

  /** Whether any fact but that of its interruption speaks of the pulse. */
  isTold(pulse: string): boolean {
    return this.#told.get(pulse) !== undefined;
  }

  /** Whether that fact speaks of the pulse. */
  hasPulse(pulse: string, fact: string): boolean {
    return this.#pulse.get(pulse, fact) !== undefined;
  }

  /** Rows of all dapps' state after (`dapp`, `key`), in order, values as stored. */
  statesAfter(dapp: string, key: string, limit: number): readonly { dapp: string; key: string; value: Uint8Array }[] {
    return this.#states.all(dapp, key, limit);
  }
}

interface RecordedRow {
  readonly position: number;
  readonly block: number;
  readonly idx: number;
  readonly ok: number;
  readonly code: string | null;
  readonly at_ms: number;
  readonly at_quality: ClockQuality;
}
