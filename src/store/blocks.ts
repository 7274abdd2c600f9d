import type { Database, Statement } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { fromHex, toHex } from '../base/bytes.ts';
import type { BlockId } from '../format/ids.ts';
import type { SealedBlock } from '../format/sealed.ts';
import type { AdmissionView, BlockPlace } from '../ledger/admission.ts';
import type { Place } from '../ledger/authoring.ts';

interface PlaceRow {
  readonly author: Uint8Array;
  readonly life: Uint8Array;
  readonly seq: number;
  readonly height: number;
}

/** A block as it lies in the store. */
export interface StoredBlock extends SealedBlock {
  readonly arrival: number;
  /** The id it is filed under; whether the bytes have it, the reader checks. */
  readonly id: BlockId;
}

/**
 * Reads blocks; holds no transaction open. A bare parameter where its value may sway the plan (a limit, an index that
 * is not unique) makes SQLite prepare the statement anew at every run, which costs ten times the run; `+?` hides it.
 */
export class BlockReader implements AdmissionView {
  readonly mesh: BlockId;
  readonly #find: Statement<[Uint8Array], PlaceRow>;
  readonly #has: Statement<[Uint8Array], { arrival: number }>;
  readonly #after: Statement<
    [number, number],
    { arrival: number; id: Uint8Array; bytes: Uint8Array; signature: Uint8Array }
  >;
  readonly #bodies: Statement<[number], { salt: Uint8Array; bytes: Uint8Array }>;
  readonly #heads: Statement<[number], { id: Uint8Array; height: number }>;
  readonly #last: Statement<[Uint8Array], Omit<PlaceRow, 'author'> & { id: Uint8Array }>;
  readonly #count: Statement<[], { blocks: number; entries: number }>;

  /** @param database with at least the root block in it. */
  constructor(database: Database) {
    const root = database.prepare<[], { id: Uint8Array }>('SELECT id FROM block WHERE arrival = 1').get();
    assert(root !== undefined, 'a ledger begins with its root block');
    this.mesh = toHex(root.id);
    this.#find = database.prepare('SELECT author, life, seq, height FROM block WHERE id = ?');
    this.#has = database.prepare('SELECT arrival FROM block WHERE id = ?');
    this.#after = database.prepare(
      'SELECT arrival, id, bytes, signature FROM block WHERE arrival > +? ORDER BY arrival LIMIT +?',
    );
    this.#bodies = database.prepare('SELECT salt, body AS bytes FROM entry WHERE block = +? ORDER BY idx');
    this.#heads = database.prepare(
      'SELECT id, height FROM head JOIN block USING (arrival) ORDER BY height DESC, arrival LIMIT +?',
    );
    this.#last = database.prepare(
      'SELECT id, life, seq, height FROM block WHERE author = +? ORDER BY arrival DESC LIMIT 1',
    );
    this.#count = database.prepare(
      'SELECT (SELECT max(arrival) FROM block) AS blocks, (SELECT count(*) FROM outcome) AS entries',
    );
  }

  find(id: BlockId): BlockPlace | null {
    return this.#find.get(fromHex(id)) ?? null;
  }

  has(id: BlockId): boolean {
    return this.#has.get(fromHex(id)) !== undefined;
  }

  /** Up to `limit` blocks that arrived after `arrival`, in order of arrival. */
  after(arrival: number, limit: number): readonly StoredBlock[] {
    return this.#after.all(arrival, limit).map((row) => ({
      arrival: row.arrival,
      id: toHex(row.id),
      bytes: row.bytes,
      signature: row.signature,
      bodies: this.#bodies.all(row.arrival),
    }));
  }

  /** Where the next block of `author` stands: it joins all heads, the highest first, up to `parentsMax` parents. */
  placeFor(author: Uint8Array, parentsMax: number): Place {
    const last = this.#last.get(author);
    const heads = this.#heads.all(parentsMax - 2);
    const heights = [0, last?.height ?? 0, ...heads.map((head) => head.height)];
    return {
      mesh: this.mesh,
      base: this.mesh,
      heads: heads.map((head) => toHex(head.id)),
      prev: last === undefined ? null : { id: toHex(last.id), life: last.life, seq: last.seq },
      heightMax: Math.max(...heights),
    };
  }

  /** Blocks here, and entries played. */
  counts(): { readonly blocks: number; readonly entries: number } {
    const row = this.#count.get();
    assert(row !== undefined, 'counting gives a row');
    return row;
  }
}
