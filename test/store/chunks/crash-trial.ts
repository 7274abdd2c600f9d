import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../../../src/base/ports.ts';
import { liveOf } from '../../../src/chunks/live.ts';
import { CHUNKERS } from '../../../src/format/chunkers/profile.ts';
import { isProcessAlive } from '../../../src/store/chunks/alive.ts';
import { collect } from '../../../src/store/chunks/collect.ts';
import { PackBook } from '../../../src/store/chunks/pack-book.ts';
import { type Chunks, openChunks } from '../../../src/store/chunks/store.ts';
import { verifyRoots } from '../../../src/store/chunks/verify.ts';
import { hex } from '../../chunks/made.ts';
import { type Seeded, seeded } from '../../node/seeded.ts';
import type { ChildTask, Told } from './crash-child.ts';

export type TrialKind = 'kill' | 'race' | 'full';

/** What came of a trial, as a line of the results. */
export interface Trial {
  readonly kind: TrialKind;
  readonly seed: number;
  /** What each process did when it was killed, and what the disk refused. */
  readonly cut: readonly string[];
  readonly refused: readonly string[];
  readonly acknowledged: number;
  readonly roots: number;
  /** Chunks that the collection afterwards took. */
  readonly swept: number;
}

const STEPS_MAX = 150;
const FOREVER = Number.MAX_SAFE_INTEGER;
/** Less than what the roots of a child come to, together with the log. */
const SMALL_DISK_KIB = 1_000;
const MORE_KIB_MAX = 1_500;
/** A disk that has not become full by then is too large. */
const STEPS_TO_FULL_MAX = 5_000;
const CLOCK: Clock = {
  now: () => ({ wallMs: Date.now(), quality: 'synced' }),
  monotonicMs: () => performance.now(),
  after: (_delayMs, task) => {
    setImmediate(task);
    return () => {};
  },
};
const QUIET = { signal: new AbortController().signal, onProgress: () => {} };

/** @throws an Error that says what was lost; then the folder is left for whoever looks into it. */
export async function trial(kind: TrialKind, seed: number): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'bm-crash-'));
  const random = seeded(seed);
  const path = join(folder, 'chunks.db');
  const sizeKib = SMALL_DISK_KIB + random(MORE_KIB_MAX);
  if (kind === 'full') mount(['-t', 'tmpfs', '-o', `size=${sizeKib}k`, 'bm-crash', folder]);
  try {
    const lives = await livesOf(kind, path, random);
    if (kind === 'full') mount(['-o', 'remount,size=1g', folder]);
    const { roots, swept } = await check(path, lives);
    const of = <Value>(what: (life: Life) => readonly Value[]) => lives.flatMap(what);
    return {
      kind,
      seed,
      cut: of(({ doing }) => [doing]),
      refused: [...new Set(of(({ refused }) => refused))],
      acknowledged: of(({ acknowledged }) => [...acknowledged]).length,
      roots,
      swept,
    };
  } finally {
    if (kind === 'full') spawnSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function mount(args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args);
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${String(stderr)}`);
}

async function livesOf(kind: TrialKind, path: string, random: Seeded): Promise<readonly Life[]> {
  const life = async (prefix: string) => {
    const refusals = kind === 'full' ? 1 + random(3) : FOREVER;
    const steps = kind === 'full' ? STEPS_TO_FULL_MAX : 1 + random(STEPS_MAX);
    return await new Life({ path, seed: random(FOREVER), prefix, refusals }).run(steps);
  };
  // Something is there before the cut that counts; the same names go on.
  const before = kind === 'full' ? [] : [await life('a')];
  const after = await Promise.all(kind === 'race' ? [life('b'), life('c')] : [life(kind === 'full' ? 'a' : 'd')]);
  return [...before, ...after];
}

/** One process, from its start until it is killed. */
class Life {
  readonly #task: ChildTask;
  readonly acknowledged = new Set<string>();
  readonly refused: string[] = [];
  doing = 'open';

  constructor(task: ChildTask) {
    this.#task = task;
  }

  /** @param steps it is killed when it has told so many. */
  async run(steps: number): Promise<this> {
    const script = join(import.meta.dirname, 'crash-child.ts');
    const child = spawn(process.execPath, [script, JSON.stringify(this.#task)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
    let left = steps;
    const wrong: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const told = JSON.parse(line) as Told;
      if (told.doing !== undefined) this.doing = told.doing;
      if (told.removing !== undefined) this.acknowledged.delete(told.removing);
      if (told.acknowledged !== undefined) this.acknowledged.add(told.acknowledged);
      if (told.refused !== undefined) this.refused.push(told.refused);
      if (told.wrong !== undefined) wrong.push(told.wrong);
      left -= 1;
      if (left === 0) child.kill('SIGKILL');
    }
    const [code, signal] = await ended;
    if (signal !== 'SIGKILL' && code !== 0)
      throw new Error(`a child ended with ${code}, ${signal}: seed ${this.#task.seed}`);
    if (wrong.length > 0) throw new Error(`while it ran: ${wrong.join(', ')}: seed ${this.#task.seed}`);
    return this;
  }
}

async function check(
  path: string,
  lives: readonly Life[],
): Promise<{ readonly roots: number; readonly swept: number }> {
  const chunks = openChunks({ path, mayCreate: true, profiles: CHUNKERS, clock: CLOCK });
  try {
    const { database } = chunks.file;
    expectSame('integrity', database.pragma('integrity_check', { simple: true }), 'ok');
    await expectWhole(chunks, lives);
    const ports = {
      file: chunks.file,
      store: chunks,
      packs: new PackBook(chunks.file),
      clock: CLOCK,
      isAlive: isProcessAlive,
    };
    const options = { isDryRun: false, ...QUIET };
    // The one that was cut goes on; what died while it ran goes with another.
    const first = await collect(ports, options);
    const second = await collect(ports, options);
    expectSame('swept', first.isSwept && second.isSwept, true);
    await expectWhole(chunks, lives);
    const here = database.prepare<[], Buffer>('SELECT digest FROM chunk ORDER BY digest').pluck().all().map(hex);
    expectSame('what is left', here.join(), (await liveIn(chunks)).join());
    const of = (query: string) => JSON.stringify(database.prepare(query).raw().get());
    expectSame(
      'counters',
      of('SELECT packs, stored_bytes, chunks, raw_bytes FROM meta'),
      of(`SELECT (SELECT count(*) FROM pack), (SELECT coalesce(sum(stored_bytes), 0) FROM pack),
            (SELECT count(*) FROM chunk), (SELECT coalesce(sum(length), 0) FROM chunk)`),
    );
    return { roots: chunks.roots.list().length, swept: first.swept.chunks + second.swept.chunks };
  } finally {
    chunks.close();
  }
}

async function expectWhole(chunks: Chunks, lives: readonly Life[]): Promise<void> {
  for await (const { root, error } of verifyRoots(chunks.file, chunks, { readsAll: true, ...QUIET })) {
    throw new Error(`${root.name} has lost something: ${error.code}`);
  }
  const names = new Set(chunks.roots.list().map(({ name }) => name));
  for (const name of lives.flatMap(({ acknowledged }) => [...acknowledged])) {
    if (!names.has(name)) throw new Error(`${name} was acknowledged, and is gone`);
  }
}

async function liveIn(chunks: Chunks): Promise<readonly string[]> {
  const live = new Set<string>();
  for (const { target } of chunks.roots.list()) {
    for await (const item of liveOf(target, { fetch: chunks.get, isWalked: () => false })) {
      const told = item.kind === 'chunks' ? item.parts : item.kind === 'tree' ? [] : [item];
      for (const { digest } of told) live.add(hex(digest));
    }
  }
  return [...live].sort();
}

function expectSame<Value>(what: string, found: Value, wanted: Value): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} in place of ${String(wanted)}`);
}
