import type { Statement } from 'better-sqlite3';
import { assert } from '../../base/assert.ts';
import type { Coded } from './coding.ts';
import type { ChunksFile } from './file.ts';
import { encodeMembers, type Member } from './members.ts';

/** A pack on its way into the file. */
export interface NewPack {
  readonly coded: Coded;
  readonly rawBytes: number;
  readonly members: readonly Pick<Member, 'digest' | 'length'>[];
}

export interface Written {
  readonly chunks: number;
  readonly bytes: number;
  readonly storedBytes: number;
}

const NOTHING_WRITTEN: Written = { chunks: 0, bytes: 0, storedBytes: 0 };

/** Writes packs and says of chunks that they are needed; only within a transaction of `ChunksFile.write`. */
export class PackWriter {
  readonly #epochOf: Statement<[Uint8Array], number>;
  readonly #touch: Statement<[number, Uint8Array]>;
  readonly #insertPack: Statement<unknown[]>;
  readonly #insertChunk: Statement<unknown[]>;
  readonly #heal: Statement<[Uint8Array]>;
  readonly #hasRotten: Statement<[], number>;
  readonly #count: Statement<[number, number, number]>;

  constructor({ database }: ChunksFile) {
    this.#epochOf = database.prepare<[Uint8Array], number>('SELECT epoch FROM chunk WHERE digest = ?').pluck();
    this.#touch = database.prepare('UPDATE chunk SET epoch = max(epoch, ?) WHERE digest = ?');
    this.#insertPack = database.prepare(
      'INSERT INTO pack (coding, raw_bytes, stored_bytes, members, bytes) VALUES (?, ?, ?, ?, ?)',
    );
    this.#insertChunk = database.prepare(
      'INSERT INTO chunk (digest, pack, at, length, epoch) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.#heal = database.prepare('DELETE FROM quarantine WHERE digest = ?');
    this.#hasRotten = database.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM quarantine)').pluck();
    this.#count = database.prepare(
      `UPDATE meta SET packs = packs + 1, stored_bytes = stored_bytes + ?, chunks = chunks + ?,
         raw_bytes = raw_bytes + ?`,
    );
  }

  /** The epoch of a chunk; null where it is absent. Needs no transaction. */
  epochOf(digest: Uint8Array): number | null {
    return this.#epochOf.get(digest) ?? null;
  }

  /** Whether any chunk was found to be rotten and has not come again. Needs no transaction. */
  hasRotten(): boolean {
    return this.#hasRotten.get() === 1;
  }

  /** Raises the epoch of a chunk to `epoch`, at least. @returns false where it is absent. */
  touch(digest: Uint8Array, epoch: number): boolean {
    return this.#touch.run(epoch, digest).changes > 0;
  }

  /**
   * Stores a pack and the chunks of it that are not here; the others are touched. Somebody else may have brought them
   * all since they were looked for: then the pack is not stored.
   */
  insert({ coded, rawBytes, members }: NewPack, epoch: number): Written {
    const isHere = members.map(({ digest }) => this.touch(digest, epoch));
    if (isHere.every((is) => is)) return NOTHING_WRITTEN;
    const storedBytes = coded.bytes.length;
    const row = [coded.coding, rawBytes, storedBytes, encodeMembers(members), coded.bytes];
    const pack = Number(this.#insertPack.run(...row).lastInsertRowid);
    const hasRotten = this.hasRotten();
    let at = 0;
    let chunks = 0;
    let bytes = 0;
    for (const [index, { digest, length }] of members.entries()) {
      // It may have come twice in this pack.
      if (isHere[index] !== true && this.#insertChunk.run(digest, pack, at, length, epoch).changes > 0) {
        if (hasRotten) this.#heal.run(digest);
        chunks += 1;
        bytes += length;
      }
      at += length;
    }
    assert(at === rawBytes, 'the members of a pack fill it');
    this.#count.run(storedBytes, chunks, bytes);
    return { chunks, bytes, storedBytes };
  }
}
