import type { Statement } from 'better-sqlite3';
import { PACK_BYTES_MAX, PACK_CHUNKS_MAX, SWEPT_PACKS_GONE_MAX } from '../../base/limits-chunks.ts';
import { sha256 } from '../../format/ids.ts';
import { bytesOf, Judge, type Judged } from './collect-judge.ts';
import { NOTHING_SWEPT, type Swept, sumOfSwept, sweptOf } from './collect-swept.ts';
import type { ChunksFile } from './file.ts';
import type { PackBook, WholeChunk } from './pack-book.ts';

/** Takes away the chunks whose epoch is under `floor`, pack by pack. */
export class Sweep {
  readonly #file: ChunksFile;
  readonly #packs: PackBook;
  readonly #judge: Judge;
  readonly #drop: Statement<[Uint8Array]>;
  readonly #count: Statement<[number, number]>;

  constructor(file: ChunksFile, floor: number, packs: PackBook) {
    const { database } = file;
    this.#file = file;
    this.#packs = packs;
    this.#judge = new Judge(database, floor);
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
   * @returns the number of the last one it looked at; null when there is none up to `last`.
   */
  step(after: number, last: number): { readonly at: number | null; readonly swept: Swept } {
    return this.#file.write(() => {
      let at: number | null = null;
      let swept = NOTHING_SWEPT;
      let remains: WholeChunk[] = [];
      let remainBytes = 0;
      for (const found of this.#judge.packs(after, last)) {
        let judged = found;
        if (found.verdict === 'anew') {
          const bytes = bytesOf(found.live);
          const isFull = remains.length + found.live.length > PACK_CHUNKS_MAX || remainBytes + bytes > PACK_BYTES_MAX;
          if (isFull && remains.length > 0) break;
          const whole = this.#wholeOf(found);
          if (whole === null) judged = { ...found, verdict: 'stays' };
          else {
            remains = [...remains, ...whole];
            remainBytes += bytes;
          }
        }
        this.#take(judged);
        swept = sumOfSwept(swept, sweptOf(judged));
        at = judged.pack.id;
        if (swept.packs >= SWEPT_PACKS_GONE_MAX) break;
      }
      const storedBytes = remains.length === 0 ? 0 : this.#packs.move(remains);
      return { at, swept: { ...swept, storedBytes: swept.storedBytes - storedBytes } };
    });
  }

  /** What the sweep of all packs would take, as far as that can be told without compressing anything. */
  foresee(after: number, last: number): { readonly at: number | null; readonly swept: Swept } {
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
