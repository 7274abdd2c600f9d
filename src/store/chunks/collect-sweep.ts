import type { Statement } from 'better-sqlite3';
import { PACK_BYTES_MAX, PACK_CHUNKS_MAX, SWEPT_CHUNKS_MAX, SWEPT_PACKS_GONE_MAX } from '../../base/limits-chunks.ts';
import { sha256 } from '../../format/ids.ts';
import { bytesOf, Judge, type Judged } from './collect-judge.ts';
import type { Room } from './collect-room.ts';
import { NOTHING_SWEPT, type Swept, sumOfSwept, sweptOf } from './collect-swept.ts';
import type { ChunksFile } from './file.ts';
import type { PackBook, WholeChunk } from './pack-book.ts';
import type { ChunkRow } from './rows.ts';

export interface SweptTo {
  readonly at: number | null;
  readonly swept: Swept;
}

/** What is live of packs that are written anew as one. */
class Remains {
  readonly chunks: WholeChunk[] = [];
  bytes = 0;

  hasRoomFor({ live }: Judged): boolean {
    const isFull = this.chunks.length + live.length > PACK_CHUNKS_MAX || this.bytes + bytesOf(live) > PACK_BYTES_MAX;
    return !isFull || this.chunks.length === 0;
  }
}

/** Takes away the chunks that are not kept, pack by pack. */
export class Sweep {
  readonly #file: ChunksFile;
  readonly #packs: PackBook;
  readonly #judge: Judge;
  readonly #drop: Statement<[Uint8Array]>;
  readonly #count: Statement<[number, number]>;

  /** @param isKept whether a chunk is live, or may be. */
  constructor(file: ChunksFile, packs: PackBook, isKept: (row: ChunkRow) => boolean) {
    const { database } = file;
    this.#file = file;
    this.#packs = packs;
    this.#judge = new Judge(database, isKept);
    this.#drop = database.prepare('DELETE FROM chunk WHERE digest = ?');
    this.#count = database.prepare('UPDATE meta SET chunks = chunks - ?, raw_bytes = raw_bytes - ?');
  }

  /** The number of the newest pack; those that come later have nothing to be taken. */
  get last(): number {
    const last = this.#file.read(() => this.#file.database.prepare('SELECT max(id) FROM pack').pluck().get());
    return typeof last === 'number' ? last : 0;
  }

  /**
   * Sweeps the next packs after number `after`, in one transaction.
   * @returns the number of the last one it is done with; null when there is none up to `last`.
   */
  step(after: number, last: number, room: Pick<Room, 'share' | 'isTightest'>): SweptTo {
    const packsMax = room.share(SWEPT_PACKS_GONE_MAX);
    const chunksMax = room.share(SWEPT_CHUNKS_MAX);
    return this.#file.write(() => {
      let at: number | null = null;
      let swept = NOTHING_SWEPT;
      const remains = new Remains();
      for (const found of this.#judge.packs(after, last)) {
        if (found.verdict === 'anew' && !remains.hasRoomFor(found)) break;
        if (found.dead.length > chunksMax - swept.chunks) {
          if (at !== null) break;
          const some = { ...found, dead: found.dead.slice(0, chunksMax), verdict: 'stays' as const };
          this.#take(some);
          return { at: after, swept: sweptOf(some) };
        }
        const judged = found.verdict === 'anew' ? this.#withRemains(found, remains, room) : found;
        this.#take(judged);
        swept = sumOfSwept(swept, sweptOf(judged));
        at = judged.pack.id;
        if (swept.packs >= packsMax) break;
      }
      const storedBytes = remains.chunks.length === 0 ? 0 : this.#packs.move(remains.chunks);
      return { at, swept: { ...swept, storedBytes: swept.storedBytes - storedBytes } };
    });
  }

  /** A pack of which little is live: that goes along with others, unless it cannot be read, or nothing can be written. */
  #withRemains(found: Judged, remains: Remains, { isTightest }: Pick<Room, 'isTightest'>): Judged {
    const whole = isTightest ? null : this.#wholeOf(found);
    if (whole === null) return { ...found, verdict: 'stays' };
    remains.chunks.push(...whole);
    remains.bytes += bytesOf(found.live);
    return found;
  }

  /** What the sweep of all packs would take, as far as that can be told without compressing anything. */
  foresee(after: number, last: number): SweptTo {
    return this.#file.read(() => {
      let at: number | null = null;
      let swept = NOTHING_SWEPT;
      for (const judged of this.#judge.packs(after, last)) {
        const { storedBytes, ...rest } = sweptOf(judged);
        const kept = (judged.pack.stored_bytes * bytesOf(judged.live)) / Math.max(1, judged.pack.raw_bytes);
        const freed = judged.verdict === 'anew' ? storedBytes - Math.round(kept) : storedBytes;
        swept = sumOfSwept(swept, { ...rest, storedBytes: freed });
        at = judged.pack.id;
      }
      return { at, swept };
    });
  }

  #take({ pack, dead, verdict }: Judged): void {
    for (const { digest } of dead) this.#drop.run(digest);
    this.#count.run(dead.length, bytesOf(dead));
    if (verdict !== 'stays') this.#packs.remove(pack.id, pack.stored_bytes);
  }

  /**
   * What is live of it; null when any of that is not as it was. Then the pack stays: it may be the cable, and only a scrub
   * says what is rotten for good.
   */
  #wholeOf({ pack, live }: Judged): readonly WholeChunk[] | null {
    const raw = this.#packs.rawOf(pack.id);
    if (raw === null) return null;
    const whole = live.map(({ digest, at, length }) => ({ digest, bytes: raw.subarray(at, at + length) }));
    return whole.every(({ digest, bytes }) => Buffer.compare(sha256(bytes), digest) === 0) ? whole : null;
  }
}
