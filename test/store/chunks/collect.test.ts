import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { CodedError } from '../../../src/base/errors.ts';
import type { Clock } from '../../../src/base/ports.ts';
import type { ChunkSink } from '../../../src/chunks/content-writer.ts';
import { liveOf } from '../../../src/chunks/live.ts';
import type { RootTarget } from '../../../src/chunks/ports.ts';
import { type Collected, collect } from '../../../src/store/chunks/collect.ts';
import type { CollectOptions, CollectProgress } from '../../../src/store/chunks/collect-options.ts';
import { type ChunksFile, openChunksFile } from '../../../src/store/chunks/file.ts';
import type { MetaRow } from '../../../src/store/chunks/rows.ts';
import { verifyRoots } from '../../../src/store/chunks/verify.ts';
import { type Folder, hex, putBlob, putTree, Shelf, textOf } from '../../chunks/made.ts';
import { newFolder } from '../open-store.ts';
import { type SmallImport, SmallStore } from './small-store.ts';

const PIECE_BYTES = 500;
const A = textOf('a', 17_000);

class Scene {
  nowMs = 1_000_000;
  /** Runs where a collection pauses. */
  between: () => void | Promise<void> = () => {};
  readonly path: string;
  file: ChunksFile;
  store: SmallStore;
  readonly clock: Clock;

  constructor(folder: string) {
    this.path = join(folder, 'chunks.db');
    this.file = openChunksFile({ path: this.path, newProfiles: '{}' });
    this.store = new SmallStore(this.file, () => this.nowMs);
    this.clock = {
      now: () => ({ wallMs: this.nowMs, quality: 'synced' }),
      monotonicMs: () => this.nowMs,
      after: (_delayMs, task) => {
        void Promise.resolve(this.between()).then(task);
        return () => {};
      },
    };
  }

  async collect(options: Partial<CollectOptions> = {}, isAlive = true): Promise<Collected> {
    const { file, store, clock } = this;
    const view = {
      get: async (digest: Uint8Array) => {
        await this.between();
        return await store.get(digest);
      },
      roots: store.roots,
    };
    const all = { isDryRun: false, signal: new AbortController().signal, onProgress: () => {}, ...options };
    return await collect({ file, store: view, packs: store.packs, clock, isAlive: () => isAlive }, all);
  }

  blob(name: string, text: string): void {
    const coming = this.store.beginImport();
    const root = putBlob(Buffer.from(text), PIECE_BYTES, coming);
    coming.flushNow();
    this.root(name, { kind: 'blob', root });
    coming.end();
  }

  tree(name: string, folder: Folder): RootTarget & { kind: 'snapshot' } {
    const coming = this.store.beginImport();
    const target = putTree(folder, PIECE_BYTES, coming);
    coming.flushNow();
    this.root(name, target);
    coming.end();
    return target;
  }

  root(name: string, target: RootTarget): void {
    this.store.roots.set({ kind: 'pin', name, target, addedMs: 0, note: '{}' });
  }

  get meta(): MetaRow {
    return this.file.database.prepare('SELECT * FROM meta').get() as MetaRow;
  }

  /** All rows of all tables. */
  dump(): string {
    const { database } = this.file;
    const tables = database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    return JSON.stringify(tables.map((name) => [name, database.prepare(`SELECT * FROM ${name}`).all()]));
  }

  get here(): readonly string[] {
    return this.file.database.prepare<[], Buffer>('SELECT digest FROM chunk ORDER BY digest').pluck().all().map(hex);
  }

  async live(): Promise<readonly string[]> {
    const live = new Set<string>();
    for (const { target } of this.store.roots.list()) {
      for await (const item of liveOf(target, { fetch: this.store.get, isWalked: () => false })) {
        const told = item.kind === 'chunks' ? item.parts : item.kind === 'tree' ? [] : [item];
        for (const { digest } of told) live.add(hex(digest));
      }
    }
    return [...live].sort();
  }

  async faults(): Promise<number> {
    const options = { readsAll: true, signal: new AbortController().signal, onProgress: () => {} };
    return (await Array.fromAsync(verifyRoots(this.file, this.store, options))).length;
  }

  /** What the counters say is what there is. */
  counted(t: Test): void {
    const { packs, stored_bytes, chunks, raw_bytes } = this.meta;
    const of = (query: string) => this.file.database.prepare(query).raw().get();
    t.strictSame([packs, stored_bytes], of('SELECT count(*), coalesce(sum(stored_bytes), 0) FROM pack'));
    t.strictSame([chunks, raw_bytes], of('SELECT count(*), coalesce(sum(length), 0) FROM chunk'));
  }
}

const TREE: Folder = {
  a: textOf('a', 40_000),
  b: { c: textOf('c', 20_000), big: Object.fromEntries(range(30).map((at) => [`f${at}`, textOf(`f${at}`, 700)])) },
};

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}

function scene(t: Test): Scene {
  const made = new Scene(newFolder(t));
  made.file.database.pragma('synchronous = OFF');
  t.teardown(() => made.file.close());
  return made;
}

t.test('what hangs on no root goes, and the rest stays', async (t) => {
  const made = scene(t);
  made.tree('tree', TREE);
  made.blob('blob', textOf('blob', 300_000));
  made.blob('old', textOf('old', 2_000_000));
  made.root('empty', { kind: 'blob', root: null });
  made.file.database.pragma('wal_checkpoint(TRUNCATE)');
  const bytesBefore = statSync(made.path).size;
  const none = await made.collect();
  t.match(none, { isSwept: true, isResumed: false, swept: { chunks: 0, packs: 0 }, faultCount: 0 });
  made.store.roots.remove('pin', 'old');
  const before = made.dump();
  const dry = await made.collect({ isDryRun: true });
  t.equal(made.dump(), before, 'a dry run changes nothing');
  const phases = new Set<string>();
  const done = await made.collect({ onProgress: ({ phase }) => phases.add(phase) });
  t.strictSame(phases, new Set(['mark', 'sweep', 'give back']));
  t.equal(done.swept.chunks, dry.swept.chunks);
  t.equal(done.swept.bytes, dry.swept.bytes);
  t.ok(done.swept.bytes >= 2_000_000);
  t.ok(Math.abs(done.swept.storedBytes - dry.swept.storedBytes) < 10_000, 'and foresees well enough');
  t.strictSame(made.here, await made.live());
  made.counted(t);
  t.equal(await made.faults(), 0);
  made.file.database.pragma('wal_checkpoint(TRUNCATE)');
  t.ok(bytesBefore - statSync(made.path).size >= 800_000, 'the disk has it back');
  t.ok(done.fileBytes >= 800_000);
  t.equal(made.file.database.prepare('SELECT count(*) FROM walked').pluck().get(), 0);
});

t.test('packs of which less than half is live are written anew', async (t) => {
  const made = scene(t);
  const text = textOf('long', 60_000);
  made.blob('long', text);
  // Every fourth piece of it is needed by another.
  const some = range(30).map((at) => text.slice(at * 4 * PIECE_BYTES, (at * 4 + 1) * PIECE_BYTES));
  made.blob('some', some.join(''));
  made.store.roots.remove('pin', 'long');
  const { swept } = await made.collect();
  t.ok(swept.rewritten > 5);
  t.strictSame(made.here, await made.live());
  t.equal(await made.faults(), 0);
  made.counted(t);
  const raw = made.file.database.prepare('SELECT sum(raw_bytes) FROM pack').pluck().get();
  t.ok(Number(raw) <= 2 * made.meta.raw_bytes, 'at least half of what is kept is live');
});

t.test('a pack that cannot be read is left for a scrub, for it may be the cable', async (t) => {
  const made = scene(t);
  const text = textOf('long', 60_000);
  made.blob('long', text);
  made.blob('some', text.slice(0, PIECE_BYTES));
  made.store.roots.remove('pin', 'long');
  const { database } = made.file;
  const pack = database.prepare('SELECT min(id) FROM pack').pluck().get();
  const bytes = database.prepare('SELECT bytes FROM pack WHERE id = ?').pluck().get(pack);
  database.prepare('UPDATE pack SET bytes = zeroblob(length(bytes)) WHERE id = ?').run(pack);
  await made.collect();
  t.strictSame(made.here, await made.live(), 'what is dead went');
  made.counted(t);
  database.prepare('UPDATE pack SET bytes = ? WHERE id = ?').run(bytes, pack);
  t.equal(await made.faults(), 0, 'what is live is there once the disk gives it back');
  t.match(await made.collect(), { swept: { rewritten: 1 } });
  t.equal(await made.faults(), 0);
});

t.test('a lease holds what it told and found; one that ran out, or whose process is gone, does not', async (t) => {
  for (const end of ['ends', 'runs out', 'dies'] as const) {
    const made = scene(t);
    made.blob('first', textOf('first', 20_000));
    made.store.roots.remove('pin', 'first');
    const coming = made.store.beginImport();
    const found = putBlob(Buffer.from(textOf('first', 20_000)), PIECE_BYTES, coming);
    putBlob(Buffer.from(textOf('second', 20_000)), PIECE_BYTES, coming);
    coming.flushNow();
    const held = made.here;
    await made.collect();
    await made.collect();
    t.strictSame(made.here, held, 'two collections on, it is there');
    t.equal(await coming.keep(found ?? { digest: new Uint8Array(), height: 0, length: 0 }), true);
    if (end === 'ends') coming.end();
    if (end === 'runs out') made.nowMs += 600_001;
    await made.collect({}, end !== 'dies');
    t.strictSame(made.here, [], end);
    if (end !== 'ends') await t.rejects(coming.flush(), { code: 'lease_lost' }, 'whoever lost its lease learns of it');
    made.counted(t);
  }
});

t.test('cut anywhere, the next call goes on', async (t) => {
  for (const cutAt of range(12)) {
    const made = scene(t);
    made.tree('tree', TREE);
    made.blob('old', textOf('old', 200_000));
    made.store.roots.remove('pin', 'old');
    const stop = new AbortController();
    let told = 0;
    let phase = '';
    const onProgress = (progress: CollectProgress) => {
      ({ phase } = progress);
      told += 1;
      if (told > cutAt) stop.abort();
    };
    const outcome = await made.collect({ signal: stop.signal, onProgress }).catch((error: Error) => error.name);
    t.equal(await made.faults(), 0);
    made.counted(t);
    const again = await made.collect();
    t.equal(again.isResumed, outcome === 'AbortError' && phase !== 'give back');
    t.strictSame(made.here, await made.live(), `cut after ${cutAt}: ${typeof outcome}`);
    made.counted(t);
  }
});

t.test('where a directory cannot be read nothing goes, where contents are lost the rest does', async (t) => {
  const made = scene(t);
  const tree = made.tree('tree', TREE);
  made.blob('old', textOf('old', 50_000));
  made.store.roots.remove('pin', 'old');
  const before = made.here;
  const leading: string[] = [];
  const contents: string[] = [];
  for await (const item of liveOf(tree, { fetch: made.store.get, isWalked: () => false })) {
    if (item.kind === 'list') leading.push(hex(item.digest));
    if (item.kind === 'chunks' && item.at?.above === null)
      contents.push(...item.parts.map(({ digest }) => hex(digest)));
  }
  leading.push(hex(tree.digest));
  const drop = made.file.database.prepare('DELETE FROM chunk WHERE digest = unhex(?)');
  for (const digest of leading) {
    const row = made.store.row(Buffer.from(digest, 'hex'));
    drop.run(digest);
    const { isSwept, faults, swept } = await made.collect();
    t.match({ isSwept, swept }, { isSwept: false, swept: { chunks: 0 } });
    t.match(faults, [{ root: { name: 'tree' }, error: { code: 'chunk_missing' } }]);
    t.strictSame([...made.here, digest].sort(), before);
    // Killed once it had marked what it could: whoever goes on must find the gap again.
    const killed = () => {
      throw new Error('killed');
    };
    await t.rejects(made.collect({ onProgress: killed }), { message: 'killed' });
    t.match(await made.collect(), { isResumed: true, isSwept: false });
    t.strictSame([...made.here, digest].sort(), before);
    if (row !== undefined) {
      const { pack, at, length, epoch } = row;
      made.file.database.prepare('INSERT INTO chunk VALUES (?, ?, ?, ?, ?)').run(row.digest, pack, at, length, epoch);
    }
  }
  drop.run(contents[3]);
  const { isSwept, faults } = await made.collect();
  t.ok(isSwept);
  t.match(faults, [{ root: { name: 'tree' }, path: Buffer.from('a'), error: { code: 'chunk_missing' } }]);
  const live = await made.live();
  t.strictSame([...made.here, contents[3]].sort(), live);
  made.tree('tree', TREE);
  t.equal(await made.faults(), 0, 'the next put heals');
});

t.test('a file that holds the bytes of a list does not stand for what the list names', async (t) => {
  const made = scene(t);
  made.blob('blob', textOf('blob', 40_000));
  const [root] = made.store.roots.list();
  const target = root?.target.kind === 'blob' ? root.target.root : null;
  await made.collect();
  // The epoch is raised, and then the list alone is put, as what a file holds.
  const cut = new AbortController();
  cut.abort();
  await t.rejects(made.collect({ signal: cut.signal }), { name: 'AbortError' });
  const coming = made.store.beginImport();
  const list = await made.store.get(target?.digest ?? new Uint8Array());
  putBlob(list ?? new Uint8Array(), 100_000, coming);
  coming.flushNow();
  coming.end();
  t.equal(made.store.row(target?.digest ?? new Uint8Array())?.epoch, made.meta.epoch);
  await made.collect();
  t.equal(await made.faults(), 0);
  t.strictSame(made.here, await made.live());
});

/** What people put; parts of each are parts of others, and one is a list of another as what a file holds. */
const WHATS: readonly ((sink: ChunkSink) => RootTarget)[] = [
  (sink) => ({ kind: 'blob', root: putBlob(Buffer.from(A), 2_000, sink) }),
  (sink) => ({ kind: 'blob', root: putBlob(Buffer.from(A + textOf('more', 9_000)), 2_000, sink) }),
  (sink) => putTree({ a: A, b: { c: textOf('c', 18_000), a: A } }, 2_000, sink),
  (sink) => {
    const shelf = new Shelf();
    const list = shelf.kept.get(hex(putBlob(Buffer.from(A), 2_000, shelf)?.digest ?? new Uint8Array()));
    return { kind: 'blob', root: putBlob(list ?? new Uint8Array(), 100_000, sink) };
  },
];

type Doing = 'begin' | 'tell' | 'flush' | 'keep' | 'root' | 'remove' | 'end' | 'expire' | 'collect' | 'cut';

interface Step {
  readonly doing: Doing;
  readonly who: number;
  readonly what: number;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  doing: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Doing[]>('begin', 'tell', 'flush', 'keep', 'root', 'remove', 'collect') },
    { weight: 1, arbitrary: fc.constantFrom<Doing[]>('end', 'expire', 'cut') },
  ),
  who: fc.nat({ max: 1 }),
  what: fc.nat({ max: WHATS.length - 1 }),
});

/** Two people put and remove, while collections run; each step may come at any pause of one. */
class Play {
  readonly #made: Scene;
  readonly #imports: (SmallImport | null)[] = [null, null];
  readonly #told = [new Map<number, RootTarget>(), new Map<number, RootTarget>()];
  readonly #flushed = [new Map<number, RootTarget>(), new Map<number, RootTarget>()];
  readonly #running = new Set<Promise<unknown>>();
  #stop = new AbortController();
  readonly seen = new Set<string>();

  constructor(made: Scene) {
    this.#made = made;
  }

  async step({ doing, who, what }: Step): Promise<void> {
    if (doing === 'remove') this.#made.store.roots.remove('pin', String(what));
    else if (doing === 'collect') this.#collect();
    else if (doing === 'cut') this.#stop.abort();
    else if (doing === 'begin') this.#imports[who] ??= this.#made.store.beginImport();
    else await this.#import(doing, who, what);
  }

  async end(): Promise<void> {
    this.#made.between = () => {};
    await Promise.all(this.#running);
  }

  #collect(): void {
    if (this.#running.size > 1) return;
    this.#stop = new AbortController();
    this.seen.add(`collections at once: ${this.#running.size + 1}`);
    const run = this.#made
      .collect({ signal: this.#stop.signal })
      .then(({ isSwept, swept: { chunks } }) => this.seen.add(`swept: ${isSwept}, some: ${chunks > 0}`))
      .catch((error: Error) => this.seen.add(error.name))
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #import(doing: Doing, who: number, what: number): Promise<void> {
    const coming = this.#imports[who];
    const [told, flushed] = [this.#told[who], this.#flushed[who]];
    const put = WHATS[what];
    if (coming === null || coming === undefined || told === undefined || flushed === undefined || put === undefined)
      return;
    try {
      if (doing === 'tell') told.set(what, put(coming));
      if (doing === 'keep') await this.#keep(coming, put(new Shelf()), () => flushed.set(what, put(new Shelf())));
      if (doing === 'expire') coming.expire();
      if (doing === 'flush' || doing === 'root') {
        coming.flushNow();
        for (const [key, target] of told) flushed.set(key, target);
        told.clear();
      }
      const target = flushed.get(what);
      if (doing === 'root' && target !== undefined) {
        this.#made.root(String(what), target);
        this.seen.add(this.#running.size > 0 ? 'root while collecting' : 'root');
      }
      if (doing === 'end') coming.end();
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'lease_lost')) throw error;
      this.seen.add(error.code);
      this.#imports[who] = null;
    }
    if (doing === 'end') this.#imports[who] = null;
    if (this.#imports[who] !== null) return;
    told.clear();
    flushed.clear();
  }

  async #keep(coming: SmallImport, target: RootTarget, kept: () => void): Promise<void> {
    if (target.kind !== 'blob' || target.root === null) return;
    const isKept = await coming.keep(target.root);
    this.seen.add(`kept: ${isKept}`);
    if (isKept) kept();
  }
}

t.test('imports and collections in any order lose nothing, and leave nothing', async (t) => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 80 }), async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), 'bm-'));
      const made = new Scene(folder);
      made.file.database.pragma('synchronous = OFF');
      try {
        const play = new Play(made);
        const left = [...steps];
        const next = async () => {
          const step = left.shift();
          if (step !== undefined) await play.step(step);
        };
        made.between = next;
        while (left.length > 0) await next();
        await play.end();
        for (const one of play.seen) seen.add(one);
        if ((await made.faults()) > 0) throw new Error('a root has lost something');
        made.file.database.prepare('DELETE FROM lease').run();
        await made.collect();
        await made.collect();
        t.strictSame(made.here, await made.live());
        made.counted(t);
        t.equal(await made.faults(), 0);
      } finally {
        made.file.close();
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 120 },
  );
  const wanted = [
    'collections at once: 1',
    'AbortError',
    'collections at once: 2',
    'kept: false',
    'kept: true',
    'lease_lost',
    'root',
    'root while collecting',
  ];
  t.strictSame([...seen].sort(), [...wanted, 'swept: true, some: false', 'swept: true, some: true'].sort());
});
