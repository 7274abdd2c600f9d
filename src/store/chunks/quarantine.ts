import type { Statement } from 'better-sqlite3';
import { CHUNK_BYTES_MAX } from '../../base/limits-chunks.ts';
import type { ChunksFile } from './file.ts';
import type { ChunkRow } from './rows.ts';

/** A chunk that was not what its name says. */
export interface Quarantined {
  readonly digest: Uint8Array;
  readonly sinceMs: number;
  readonly reason: string;
}

/** Where rotten chunks are named. Their rows are gone, so they count as absent, and the next put brings them again. */
export class Quarantine {
  readonly #file: ChunksFile;
  readonly #nowMs: () => number;
  readonly #rowOf: Statement<[Uint8Array], ChunkRow>;
  readonly #drop: Statement<[Uint8Array]>;
  readonly #count: Statement<[number]>;
  readonly #name: Statement<[Uint8Array, number, string]>;

  constructor(file: ChunksFile, nowMs: () => number) {
    const { database } = file;
    this.#file = file;
    this.#nowMs = nowMs;
    this.#rowOf = database.prepare('SELECT * FROM chunk WHERE digest = ?');
    this.#drop = database.prepare('DELETE FROM chunk WHERE digest = ?');
    this.#count = database.prepare('UPDATE meta SET chunks = chunks - 1, raw_bytes = raw_bytes - ?');
    this.#name = database.prepare('INSERT INTO quarantine VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  }

  /**
   * To be called in a transaction. @param pack where the rotten bytes lie.
   * @returns false when the chunk lies elsewhere by now, where it may be sound.
   */
  add(digest: Uint8Array, pack: number, reason: string): boolean {
    const row = this.#rowOf.get(digest);
    if (row === undefined || row.pack !== pack) return false;
    this.#drop.run(digest);
    // The row may lie, too: a count that it would carry out of its range could never be written.
    this.#count.run(Math.min(Math.max(0, row.length), CHUNK_BYTES_MAX));
    this.#name.run(digest, this.#nowMs(), reason);
    return true;
  }

  list(): readonly Quarantined[] {
    return this.#file.read(() =>
      this.#file.database
        .prepare<[], Quarantined>('SELECT digest, since_ms AS sinceMs, reason FROM quarantine ORDER BY since_ms')
        .all(),
    );
  }

  /** Forgets those that no root needs. @param wanted whether one does. */
  forget(wanted: (digest: Uint8Array) => boolean): void {
    const unwanted = this.list().filter(({ digest }) => !wanted(digest));
    if (unwanted.length === 0) return;
    const drop = this.#file.database.prepare<[Uint8Array]>('DELETE FROM quarantine WHERE digest = ?');
    this.#file.write(() => {
      for (const { digest } of unwanted) drop.run(digest);
    });
  }
}
