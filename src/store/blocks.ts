import type { Database, Statement } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { fromHex, toHex } from '../base/bytes.ts';
import type { BlockId } from '../format/ids.ts';
import type { SealedBlock } from '../format/sealed.ts';
import type { AdmissionView, BlockPlace } from '../ledger/admission.ts';
import type { Place } from '../ledger/authoring.ts';
import { decodeBodies } from './bodies.ts';
import { openFiled } from './filed.ts';
import { FoldRow } from './fold-row.ts';
import { checkedBlob } from './row-sum.ts';
import { Tips } from './tips.ts';

/** A block as it lies in the store. */
export interface StoredBlock extends SealedBlock {
  readonly arrival: number;
  /** The id it is filed under; whether the bytes have it, the reader checks. */
  readonly id: BlockId;
}

interface BlockRow {
  readonly arrival: number;
  readonly id: Uint8Array;
  readonly signature: Uint8Array;
  readonly bytes: Uint8Array;
  readonly bodies: Uint8Array;
}

/** How much of an id its index holds; the schema says so too. */
const PREFIX_BYTES = 6;

/**
 * Reads blocks; holds no transaction open. A bare parameter where its value may sway the plan (a limit, an index that
 * is not unique) makes SQLite prepare the statement anew at every run, which costs ten times the run; `+?` hides it.
 */
export class BlockReader implements AdmissionView {
  readonly mesh: BlockId;
  readonly tips: Tips;
  readonly #fold: FoldRow;
  readonly #find: Statement<[Uint8Array, Uint8Array], { arrival: number; bytes: Uint8Array }>;
  readonly #arrival: Statement<[Uint8Array, Uint8Array], { arrival: number }>;
  readonly #last: Statement<[], { arrival: number }>;
  readonly #lost: Statement<[number], { arrival: number }>;
  readonly #after: Statement<[number, number], BlockRow>;

  /** @param database with at least the root block in it. @param tips those that the transactor takes note in. */
  constructor(database: Database, tips = new Tips(database)) {
    const root = database.prepare<[], { id: Uint8Array }>('SELECT id FROM block WHERE arrival = 1').get();
    assert(root !== undefined, 'a ledger begins with its root block');
    this.mesh = toHex(checkedBlob('block', root.id));
    this.tips = tips;
    this.#fold = new FoldRow(database);
    this.#find = database.prepare('SELECT arrival, bytes FROM block WHERE substr(id, 1, 6) = +? AND id = ?');
    this.#arrival = database.prepare('SELECT arrival FROM block WHERE substr(id, 1, 6) = +? AND id = ?');
    this.#last = database.prepare('SELECT arrival FROM block ORDER BY arrival DESC LIMIT 1');
    this.#lost = database.prepare('SELECT arrival FROM lost WHERE arrival = ?');
    this.#after = database.prepare(
      'SELECT arrival, id, signature, bytes, bodies FROM block WHERE arrival > +? ORDER BY arrival LIMIT +?',
    );
  }

  /** @throws store_damaged when what is filed under the id has another one. */
  find(id: BlockId): BlockPlace | null {
    const key = fromHex(id);
    const row = this.#find.get(key.subarray(0, PREFIX_BYTES), key);
    return row === undefined ? null : openFiled(row.bytes, id, row.arrival);
  }

  has(id: BlockId): boolean {
    return this.arrivalOf(id) !== null;
  }

  arrivalOf(id: BlockId): number | null {
    const key = fromHex(id);
    return this.#arrival.get(key.subarray(0, PREFIX_BYTES), key)?.arrival ?? null;
  }

  /** Up to `limit` blocks that arrived after `arrival`, in order of arrival, as they lie there. @throws store_damaged. */
  after(arrival: number, limit: number): readonly StoredBlock[] {
    return this.#after.all(arrival, limit).map((row) => ({
      arrival: row.arrival,
      id: toHex(checkedBlob('block', row.id)),
      bytes: checkedBlob('block', row.bytes),
      signature: checkedBlob('block', row.signature),
      bodies: decodeBodies(checkedBlob('block', row.bodies)),
    }));
  }

  /** The block that arrived as the `arrival`th, or null. */
  at(arrival: number): StoredBlock | null {
    const [stored] = this.after(arrival - 1, 1);
    return stored?.arrival === arrival ? stored : null;
  }

  /** Whether a repair could not save the block that arrived so. */
  isLost(arrival: number): boolean {
    return this.#lost.get(arrival) !== undefined;
  }

  /** Where the next block of `author` stands: it joins all heads, the highest first, up to `parentsMax` parents. */
  placeFor(author: Uint8Array, parentsMax: number): Place {
    const { heads, authors } = this.tips.now();
    const last = authors.get(toHex(author)) ?? null;
    const joined = [...heads]
      .sort(([, a], [, b]) => b.height - a.height || a.arrival - b.arrival)
      .slice(0, parentsMax - 2);
    return {
      mesh: this.mesh,
      base: this.mesh,
      heads: joined.map(([id]) => id),
      prev: last === null ? null : { id: last.id, life: last.life, seq: last.seq },
      heightMax: Math.max(0, last?.height ?? 0, ...joined.map(([, { height }]) => height)),
    };
  }

  /** Blocks here, and entries played. */
  counts(): { readonly blocks: number; readonly entries: number } {
    return { blocks: this.#last.get()?.arrival ?? 0, entries: this.#fold.read().position };
  }
}
