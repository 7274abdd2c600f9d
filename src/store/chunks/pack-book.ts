import type { Statement } from 'better-sqlite3';
import { codeOf } from '../../base/errors.ts';
import { decodePackNow, encodePackNow } from './coding.ts';
import type { ChunksFile } from './file.ts';
import { encodeMembers } from './members.ts';
import { CODED_ROW, type CodedRow } from './pack-rows.ts';

/** A chunk with its bytes. */
export interface WholeChunk {
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
}

/** The packs of a store, as a collection and a scrub work on them; what writes is to be called in a transaction. */
export class PackBook {
  readonly #find: Statement<[number], CodedRow>;
  readonly #insert: Statement<[number, number, number, Uint8Array, Uint8Array]>;
  readonly #place: Statement<[number, number, Uint8Array]>;
  readonly #remove: Statement<[number]>;
  readonly #count: Statement<[number, number]>;

  constructor({ database }: ChunksFile) {
    this.#find = database.prepare(CODED_ROW);
    this.#insert = database.prepare(
      'INSERT INTO pack (coding, raw_bytes, stored_bytes, members, bytes) VALUES (?, ?, ?, ?, ?)',
    );
    this.#place = database.prepare('UPDATE chunk SET pack = ?, at = ? WHERE digest = ?');
    this.#remove = database.prepare('DELETE FROM pack WHERE id = ?');
    this.#count = database.prepare('UPDATE meta SET packs = packs + ?, stored_bytes = stored_bytes + ?');
  }

  /** The raw bytes of a pack; null when they are not there, cannot be read, or are not as many as it says. */
  rawOf(id: number): Uint8Array | null {
    try {
      const row = this.#find.get(id);
      return row === undefined ? null : decodePackNow(row, row.raw_bytes);
    } catch (error) {
      if (isRot(error)) return null;
      throw error;
    }
  }

  /** Writes a pack of chunks that have a row, which names it from now on. @returns what it takes in the store, in bytes. */
  move(chunks: readonly WholeChunk[]): number {
    const raw = Buffer.concat(chunks.map(({ bytes }) => bytes));
    const { coding, bytes } = encodePackNow(raw);
    const members = encodeMembers(chunks.map(({ digest, bytes: { length } }) => ({ digest, length })));
    const { lastInsertRowid } = this.#insert.run(coding, raw.length, bytes.length, members, bytes);
    let at = 0;
    for (const { digest, bytes: chunk } of chunks) {
      this.#place.run(Number(lastInsertRowid), at, digest);
      at += chunk.length;
    }
    this.#count.run(1, bytes.length);
    return bytes.length;
  }

  remove(id: number, storedBytes: number): void {
    this.#remove.run(id);
    this.#count.run(-1, -storedBytes);
  }
}

/** What SQLite says of pages or sectors that are not as they were. */
function isRot(error: unknown): boolean {
  return /^SQLITE_(?:CORRUPT|IOERR_(?:READ|SHORT_READ|DATA|CORRUPTFS)$)/.test(codeOf(error) ?? '');
}
