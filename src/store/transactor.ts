import type { Database, Statement } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { fromHex } from '../base/bytes.ts';
import { PULSE_INDEX_ROWS_MAX } from '../base/limits.ts';
import type { ClockReading } from '../base/ports.ts';
import type { EncodedBlock } from '../format/block.ts';
import { encodeJson } from '../format/json-value.ts';
import type { SealedBlock } from '../format/sealed.ts';
import type { Outcome } from '../ledger/outcome.ts';
import type { StateWrite } from '../ledger/state.ts';
import { storeError } from './database.ts';

/** An entry's place in the store. */
export interface EntryPlace {
  readonly arrival: number;
  readonly index: number;
}

/** What the fold decided about one entry. */
export interface PlayedEntry extends EntryPlace {
  readonly outcome: Outcome;
  readonly at: ClockReading;
}

export interface WaitingEntry extends EntryPlace {
  readonly dapp: string;
  /** How often its dapp has failed on it, having been well before. */
  readonly tries: number;
  readonly code: string;
}

/** What a run of the fold wants to make lasting, at once or not at all. */
export interface FoldCommit {
  /** Arrival of the last block that is now played or waiting. */
  readonly arrival: number;
  readonly played: readonly PlayedEntry[];
  readonly waiting: readonly WaitingEntry[];
  readonly changes: Iterable<{ readonly dapp: string; readonly writes: readonly StateWrite[] }>;
}

/** A pulse that a fact of ours tells of: `fact` is that fact's dapp and kind, such as `door granted`. */
export interface PulseMark {
  readonly pulse: string;
  readonly fact: string;
}

/** A block on its way in, with the pulses its entries speak of. */
export interface Arriving {
  readonly encoded: EncodedBlock;
  readonly sealed: SealedBlock;
  readonly pulses: readonly PulseMark[];
}

/**
 * The one writer. Every method is one transaction, synced to disk when it returns; it throws with a `store_…` code when
 * the disk refuses, and then nothing of it has happened.
 */
export class Transactor {
  readonly #run: (task: () => void) => void;
  readonly #insertBlock: Statement<unknown[]>;
  readonly #insertEntry: Statement<unknown[]>;
  readonly #insertHead: Statement<[number]>;
  readonly #removeHead: Statement<[Uint8Array]>;
  readonly #insertPulse: Statement<[string, string]>;
  readonly #prunePulses: Statement<[number]>;
  readonly #insertOutcome: Statement<unknown[]>;
  readonly #insertWaiting: Statement<unknown[]>;
  readonly #removeWaiting: Statement<[number, number]>;
  readonly #putState: Statement<[string, string, Uint8Array]>;
  readonly #removeState: Statement<[string, string]>;
  readonly #moveFold: Statement<[number]>;

  constructor(database: Database) {
    const transaction = database.transaction((task: () => void) => task());
    this.#run = (task) => {
      try {
        transaction.immediate(task);
      } catch (error) {
        throw storeError(error, database.name);
      }
    };
    this.#insertBlock = database.prepare(
      'INSERT INTO block (id, bytes, signature, author, life, seq, height) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertEntry = database.prepare(
      'INSERT INTO entry (block, idx, dapp, kind, salt, body) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#insertHead = database.prepare('INSERT INTO head VALUES (?)');
    this.#removeHead = database.prepare('DELETE FROM head WHERE arrival = (SELECT arrival FROM block WHERE id = ?)');
    this.#insertPulse = database.prepare('INSERT OR IGNORE INTO pulse (id, fact) VALUES (?, ?)');
    this.#prunePulses = database.prepare('DELETE FROM pulse WHERE row <= (SELECT max(row) FROM pulse) - ?');
    this.#insertOutcome = database.prepare(
      'INSERT INTO outcome (block, idx, ok, code, message, at_ms, at_quality) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertWaiting = database.prepare('INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?)');
    this.#removeWaiting = database.prepare('DELETE FROM waiting WHERE block = ? AND idx = ?');
    this.#putState = database.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)');
    this.#removeState = database.prepare('DELETE FROM state WHERE dapp = ? AND key = ?');
    this.#moveFold = database.prepare('UPDATE fold SET arrival = ?');
  }

  /**
   * Appends blocks, parents first, none of them here yet. Acknowledged means: this has returned.
   * @returns the arrival of each.
   */
  append(blocks: readonly Arriving[]): readonly number[] {
    const arrivals: number[] = [];
    this.#run(() => {
      for (const arriving of blocks) arrivals.push(this.#appendOne(arriving));
      this.#moveHeads(blocks, arrivals);
    });
    return arrivals;
  }

  #appendOne({ encoded, sealed, pulses }: Arriving): number {
    const { block } = encoded;
    const { lastInsertRowid } = this.#insertBlock.run(
      fromHex(encoded.id),
      sealed.bytes,
      sealed.signature,
      block.author,
      block.life,
      block.seq,
      block.height,
    );
    const arrival = Number(lastInsertRowid);
    block.entries.forEach((entry, index) => {
      const body = sealed.bodies[index];
      assert(body !== undefined, 'every entry has its body');
      this.#insertEntry.run(arrival, index, entry.dapp, entry.kind, body.salt, body.bytes);
    });
    for (const { pulse, fact } of pulses) this.#insertPulse.run(pulse, fact);
    if (pulses.length > 0) this.#prunePulses.run(PULSE_INDEX_ROWS_MAX);
    return arrival;
  }

  /** Of many blocks at once, most have a child among them and are never heads. */
  #moveHeads(blocks: readonly Arriving[], arrivals: readonly number[]): void {
    const parents = new Set(blocks.flatMap(({ encoded }) => encoded.block.parents));
    blocks.forEach(({ encoded }, index) => {
      if (!parents.delete(encoded.id)) this.#insertHead.run(arrivals[index] ?? 0);
    });
    for (const parent of parents) this.#removeHead.run(fromHex(parent));
  }

  commitFold(commit: FoldCommit): void {
    this.#run(() => {
      for (const { arrival, index, outcome, at } of commit.played) {
        const code = outcome.ok ? null : outcome.code;
        const message = outcome.ok ? null : outcome.message;
        this.#insertOutcome.run(arrival, index, outcome.ok ? 1 : 0, code, message, at.wallMs, at.quality);
        this.#removeWaiting.run(arrival, index);
      }
      for (const { arrival, index, dapp, tries, code } of commit.waiting) {
        this.#insertWaiting.run(arrival, index, dapp, tries, code);
      }
      for (const { dapp, writes } of commit.changes) this.#write(dapp, writes);
      this.#moveFold.run(commit.arrival);
    });
  }

  #write(dapp: string, writes: readonly StateWrite[]): void {
    for (const { key, value } of writes) {
      if (value === null) this.#removeState.run(dapp, key);
      else this.#putState.run(dapp, key, encodeJson(value));
    }
  }
}
