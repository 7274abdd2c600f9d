import type { Database, Statement } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { fromHex } from '../base/bytes.ts';
import type { Arriving } from './arriving.ts';
import { encodeBodies } from './bodies.ts';
import { PulseWriter } from './pulses.ts';
import type { Tips } from './tips.ts';

/** Stores blocks; only within a transaction of the transactor. */
export class BlockWriter {
  readonly #insert: Statement<unknown[]>;
  readonly #has: Statement<[Uint8Array, Uint8Array], { arrival: number }>;
  readonly #tips: Tips;
  /** The first arrival to give where the last blocks are lost; null: SQLite gives the next one. */
  #behindLost: number | null;
  readonly #pulses: PulseWriter;

  constructor(database: Database, tips: Tips) {
    this.#insert = database.prepare('INSERT INTO block (arrival, id, signature, bytes, bodies) VALUES (?, ?, ?, ?, ?)');
    this.#has = database.prepare('SELECT arrival FROM block WHERE substr(id, 1, 6) = +? AND id = ?');
    this.#tips = tips;
    this.#behindLost = database
      .prepare<[], number | null>(
        'SELECT max(arrival) + 1 FROM lost WHERE arrival > (SELECT coalesce(max(arrival), 0) FROM block)',
      )
      .pluck()
      .get() as number | null;
    this.#pulses = new PulseWriter(database);
  }

  /** As `append`, for a block that others may have sent before. */
  appendForeign(arriving: Arriving): number {
    const id = fromHex(arriving.encoded.id);
    assert(this.#has.get(id.subarray(0, 6), id) === undefined, 'a block arrives once');
    return this.append(arriving);
  }

  /** A block whose parents are here, and which is not here itself. @returns its arrival. */
  append({ encoded, sealed, pulses }: Arriving): number {
    const { id, block } = encoded;
    assert(sealed.bodies.length === block.entries.length, 'every entry has its body');
    const { lastInsertRowid } = this.#insert.run(
      this.#behindLost,
      fromHex(id),
      sealed.signature,
      sealed.bytes,
      encodeBodies(sealed.bodies),
    );
    const arrival = Number(lastInsertRowid);
    this.#behindLost = null;
    this.#tips.take(block, id, arrival);
    this.#pulses.mark(pulses, arrival);
    return arrival;
  }
}
