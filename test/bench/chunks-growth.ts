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
/** Chunks that a round puts: 32 MiB of the mean length of `lbfs-8k`. */
const PUT_CHUNKS = 4_096;
const CHUNK_BYTES = 8 * 1024;
/** Of a pipe, as `blob put` hands it on. */
const CHUNKS_BEFORE_ROOM = 128;
const STATS_MS = 300;
const STATS_BATCH = 50;

const PUT_RATIO_MIN = 0.8;
const LIVE_RATIO_MAX = 1.5;
const NAMES = ['put_growth', 'gc_live', 'stat_live'];

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
    const puts = await rounds(ROUNDS, work, { ours: () => old.putSpeed(), yardstick: () => young.putSpeed() });
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
      rowOf('put_growth', 'MB/s', `a store of ${few} chunks; the other has ${many}`, puts, {
        budget: `ratio >= ${PUT_RATIO_MIN}`,
        holds: puts.row.ratio >= PUT_RATIO_MIN,
      }),
      rowOf('gc_live', 'ms', against, collections, atMost(collections.row.ratio)),
      rowOf('stat_live', 'ms', against, stats, atMost(stats.row.ratio)),
    ];
  } finally {
    young.close();
    old.close();
  }
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
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #count = 0;

  /** @param number of the store: no two have a chunk in common. */
  constructor(path: string, number: number) {
    this.#store = openChunks({ path, mayCreate: true, profiles: CHUNKERS, clock: systemClock('trusted') });
    for (let at = 0; at < CHUNK_BYTES; at += 32) this.#chunk.set(sha256(Buffer.of(number, at >> 8, at & 0xff)), at);
  }

  /** @param name null: nothing keeps it alive once it is put. */
  async put(count: number, name: string | null): Promise<void> {
    const importing = this.#store.beginImport('bench');
    const lists = new ListWriter((digest, bytes) => importing.list(digest, bytes));
    for (let at = 0; at < count; at += 1) {
      const part = this.#nextPart();
      importing.chunk(part, this.#chunk);
      lists.add(part);
      if (at % CHUNKS_BEFORE_ROOM === 0) await importing.room();
    }
    const root = lists.end();
    await importing.flush();
    if (name !== null) this.#setRoot(name, root);
    importing.end();
  }

  /** In MB/s; what it puts is garbage then. */
  async putSpeed(): Promise<number> {
    const beganMs = performance.now();
    await this.put(PUT_CHUNKS, null);
    return (PUT_CHUNKS * CHUNK_BYTES) / 1000 / (performance.now() - beganMs);
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
    await this.put(PUT_CHUNKS, null);
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

  #nextPart(): Part {
    this.#chunk.writeUInt32LE(this.#count);
    this.#count += 1;
    return { digest: sha256(this.#chunk), length: CHUNK_BYTES };
  }

  #setRoot(name: string, root: BlobRoot | null): void {
    this.#store.roots.set({ kind: 'pin', name, target: { kind: 'blob', root }, addedMs: Date.now(), note: '{}' });
  }
}
