import type { Statement } from 'better-sqlite3';
import { sha256 } from '../../format/ids.ts';
import { membersOf } from './collect-judge.ts';
import type { ChunksFile } from './file.ts';
import type { PackBook } from './pack-book.ts';
import { NEXT_HEAD, type PackHead } from './pack-rows.ts';
import { Quarantine } from './quarantine.ts';
import type { ChunkRow } from './rows.ts';

/** What one pack was found to be. */
export interface PackFinding {
  readonly id: number;
  readonly storedBytes: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly rotten: number;
}

/** Reads packs again and compares each chunk with its name. */
export class PackCheck {
  readonly #file: ChunksFile;
  readonly #packs: PackBook;
  readonly #quarantine: Quarantine;
  readonly #next: Statement<[number, number], PackHead>;
  readonly #rowOf: Statement<[Uint8Array], ChunkRow>;
  readonly #rowsOf: Statement<[number], ChunkRow>;

  constructor(file: ChunksFile, packs: PackBook, nowMs: () => number) {
    const { database } = file;
    this.#file = file;
    this.#packs = packs;
    this.#quarantine = new Quarantine(file, nowMs);
    this.#next = database.prepare(NEXT_HEAD);
    this.#rowOf = database.prepare('SELECT * FROM chunk WHERE digest = ?');
    // Goes through all chunks: only for a pack that does not know any more what it holds.
    this.#rowsOf = database.prepare('SELECT * FROM chunk WHERE pack = ?');
  }

  /** The first pack after number `after`; null when there is none up to `last`. */
  next(after: number, last: number): PackFinding | null {
    const pack = this.#file.read(() => this.#next.get(after, last));
    if (pack === undefined) return null;
    const raw = this.#file.read(() => this.#packs.rawOf(pack.id));
    const isKnown = membersOf(pack) !== null;
    const rows = this.#file.read(() => this.#rowsIn(pack));
    const sound = rows.filter((row) => isSound(row, raw));
    if (sound.length < rows.length || !isKnown) this.#mend(pack, raw, isKnown);
    return {
      id: pack.id,
      storedBytes: pack.stored_bytes,
      chunks: rows.length,
      bytes: rows.reduce((sum, { length }) => sum + length, 0),
      rotten: rows.length - sound.length,
    };
  }

  #rowsIn(pack: PackHead): readonly ChunkRow[] {
    const members = membersOf(pack);
    if (members === null) return this.#rowsOf.all(pack.id);
    return members.flatMap(({ digest }) => {
      const row = this.#rowOf.get(digest);
      return row?.pack === pack.id ? [row] : [];
    });
  }

  /** What is rotten goes into quarantine; where the pack has forgotten what it holds, the rest goes into a new one. */
  #mend(pack: PackHead, raw: Uint8Array | null, isKnown: boolean): void {
    this.#file.write(() => {
      // Asked again: another process may have written since.
      const rows = this.#rowsIn(pack);
      const reason = raw === null ? 'its pack cannot be read' : 'its bytes are others';
      for (const row of rows) if (!isSound(row, raw)) this.#quarantine.add(row.digest, pack.id, reason);
      if (isKnown || raw === null) return;
      const whole = rows
        .filter((row) => isSound(row, raw))
        .map(({ digest, at, length }) => ({ digest, bytes: raw.subarray(at, at + length) }));
      if (whole.length > 0) this.#packs.move(whole);
      this.#packs.remove(pack.id, pack.stored_bytes);
    });
  }
}

function isSound({ digest, at, length }: ChunkRow, raw: Uint8Array | null): boolean {
  return raw !== null && Buffer.compare(sha256(raw.subarray(at, at + length)), digest) === 0;
}
