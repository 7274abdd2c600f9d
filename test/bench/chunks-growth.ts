import { join } from 'node:path';
import type { Part } from '../../src/chunks/list.ts';
import { type BlobRoot, ListWriter } from '../../src/chunks/list-writer.ts';
import { CHUNKERS } from '../../src/format/chunkers/profile.ts';
import { sha256 } from '../../src/format/ids.ts';
import { collectStore } from '../../src/node/large/care.ts';
import { systemClock } from '../../src/node/system.ts';
import { type Chunks, openChunks } from '../../src/store/chunks/store.ts';
import { rateOf, rounds } from './rounds.ts';
import type { Bench, Measured, Row, Work } from './row.ts';

const ROUNDS = 5;
/** Chunks of a store that is young, and what lives in one that is old. */
const YOUNG_CHUNKS = 10_000;
const OLD_CHUNKS = 100_000;
const OLD_CHUNKS_FULL = 1_000_000;
const PUT_BYTES = 32 * 1024 * 1024;
/** Lengths of chunks about the mean of each profile; what fills a store has the lesser one. */
const CHUNK_BYTES = { 'image-64k': 64 * 1024, 'lbfs-8k': 8 * 1024 } as const;
const SMALL_BYTES = CHUNK_BYTES['lbfs-8k'];
const BYTES_BEFORE_ROOM = 1024 * 1024;
const STATS_MS = 300;
const STATS_BATCH = 50;

const PUT_RATIO_MIN = 0.8;
const LIVE_RATIO_MAX = 1.5;
const NAMES = ['put_growth', 'put_growth_8k', 'gc_live', 'stat_live'];

/** @param isFull whether the old store has a million chunks. */
export function chunksGrowthBench(isFull: boolean): Bench {
  return { names: NAMES, run: (work) => measure(work, isFull ? OLD_CHUNKS_FULL : OLD_CHUNKS) };
}

/** A store that is young beside one that has taken many chunks: at first they live in it, then they do not any more. */
async function measure(work: Work, oldChunks: number): Promise<readonly Measured[]> {
  const young = new BenchStore(join(work.folder, 'young.db'), 1);
  const old = new BenchStore(join(work.folder, 'old.db'), 2);
  try {
    await young.put(YOUNG_CHUNKS, 'kept');
    await old.put(YOUNG_CHUNKS, 'kept');
    for (let chunks = YOUNG_CHUNKS; chunks < oldChunks; chunks += YOUNG_CHUNKS) {
      await old.put(YOUNG_CHUNKS, `${chunks}`);
      work.say(`${chunks + YOUNG_CHUNKS} of ${oldChunks} chunks are in the old store`);
    }
    const puts = await putRounds(work, old, young, CHUNK_BYTES['image-64k']);
    const smallPuts = await putRounds(work, old, young, SMALL_BYTES);
    const before = performance.now();
    old.forget();
    await old.collect();
    await old.collect();
    await young.collect();
    work.say(`of the old store ${oldChunks} chunks were collected in ${Math.round(performance.now() - before)} ms`);
    const collections = await rounds(ROUNDS, work, {
      ours: () => old.collectMs(),
      yardstick: () => young.collectMs(),
    });
    const stats = await rounds(ROUNDS, work, { ours: () => old.statMs(), yardstick: () => young.statMs() });
    const [many, few] = [`${oldChunks} chunks`, `${YOUNG_CHUNKS}`];
    const against = `a store that never had more than the same ${few} chunks; the other had ${many}`;
    return [
      rowOf(
        'put_growth',
        'MB/s',
        `chunks of 64 KiB into a store of ${few}; the other has ${many}`,
        puts,
        atLeast(puts),
      ),
      rowOf('put_growth_8k', 'MB/s', 'the same with chunks of 8 KiB', smallPuts, atLeast(smallPuts)),
      rowOf('gc_live', 'ms', against, collections, atMost(collections.row.ratio)),
      rowOf('stat_live', 'ms', against, stats, atMost(stats.row.ratio)),
    ];
  } finally {
    young.close();
    old.close();
  }
}

function putRounds(work: Work, old: BenchStore, young: BenchStore, chunkBytes: number): ReturnType<typeof rounds> {
  return rounds(ROUNDS, work, { ours: () => old.putSpeed(chunkBytes), yardstick: () => young.putSpeed(chunkBytes) });
}

function atLeast({ row: { ratio } }: Awaited<ReturnType<typeof rounds>>): Pick<Row, 'budget' | 'holds'> {
  return { budget: `ratio >= ${PUT_RATIO_MIN}`, holds: ratio >= PUT_RATIO_MIN };
}

function atMost(ratio: number): Pick<Row, 'budget' | 'holds'> {
  return { budget: `ratio <= ${LIVE_RATIO_MAX}`, holds: ratio <= LIVE_RATIO_MAX };
}

function rowOf(
  name: string,
  unit: string,
  against: string,
  { row, spreads }: Awaited<ReturnType<typeof rounds>>,
  budget: Pick<Row, 'budget' | 'holds'>,
): Measured {
  return { row: { name, unit, against, ...row, ...budget }, ...spreads };
}

/** A chunk store of chunks that nothing compresses. */
class BenchStore {
  readonly #store: Chunks;
  readonly #noise = Buffer.alloc(CHUNK_BYTES['image-64k']);
  #count = 0;

  /** @param number of the store: no two have a chunk in common. */
  constructor(path: string, number: number) {
    this.#store = openChunks({ path, mayCreate: true, profiles: CHUNKERS, clock: systemClock('trusted') });
    for (let at = 0; at < this.#noise.length; at += 32)
      this.#noise.set(sha256(Buffer.of(number, at >> 8, at & 0xff)), at);
  }

  /** @param name null: nothing keeps it alive once it is put. */
  async put(count: number, name: string | null, chunkBytes = SMALL_BYTES): Promise<void> {
    const importing = this.#store.beginImport('bench');
    const lists = new ListWriter((digest, bytes) => importing.list(digest, bytes));
    for (let at = 0; at < count; at += 1) {
      const bytes = this.#nextChunk(chunkBytes);
      const part: Part = { digest: sha256(bytes), length: chunkBytes };
      importing.chunk(part, bytes);
      lists.add(part);
      if ((at * chunkBytes) % BYTES_BEFORE_ROOM === 0) await importing.room();
    }
    const root = lists.end();
    await importing.flush();
    if (name !== null) this.#setRoot(name, root);
    importing.end();
  }

  /** In MB/s; what it puts is garbage then. */
  async putSpeed(chunkBytes: number): Promise<number> {
    const beganMs = performance.now();
    await this.put(PUT_BYTES / chunkBytes, null, chunkBytes);
    return PUT_BYTES / 1000 / (performance.now() - beganMs);
  }

  /** Lets go of all but the first blob. */
  forget(): void {
    const { roots } = this.#store;
    for (const { kind, name } of roots.list()) if (name !== 'kept') roots.remove(kind, name);
  }

  async collect(): Promise<void> {
    await collectStore(this.#store, false, new AbortController().signal, () => undefined);
  }

  /** After some garbage of each round was put. */
  async collectMs(): Promise<number> {
    await this.put(PUT_BYTES / SMALL_BYTES, null);
    const beganMs = performance.now();
    await this.collect();
    return performance.now() - beganMs;
  }

  statMs(): number {
    return 1000 / rateOf(() => this.#store.stat(), STATS_BATCH, STATS_MS);
  }

  close(): void {
    this.#store.close();
  }

  /** Lent until the next one. */
  #nextChunk(bytes: number): Uint8Array {
    this.#noise.writeUInt32LE(this.#count);
    this.#count += 1;
    return this.#noise.subarray(0, bytes);
  }

  #setRoot(name: string, root: BlobRoot | null): void {
    this.#store.roots.set({ kind: 'pin', name, target: { kind: 'blob', root }, addedMs: Date.now(), note: '{}' });
  }
}
