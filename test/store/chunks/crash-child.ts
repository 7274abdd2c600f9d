import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers';
import { CodedError } from '../../../src/base/errors.ts';
import type { Clock } from '../../../src/base/ports.ts';
import { CHUNKERS } from '../../../src/format/chunkers/profile.ts';
import { isProcessAlive } from '../../../src/store/chunks/alive.ts';
import { collect } from '../../../src/store/chunks/collect.ts';
import { PackBook } from '../../../src/store/chunks/pack-book.ts';
import { scrub } from '../../../src/store/chunks/scrub.ts';
import { type Chunks, openChunks } from '../../../src/store/chunks/store.ts';
import { verifyRoots } from '../../../src/store/chunks/verify.ts';
import { putTree, textOf } from '../../chunks/made.ts';
import { type Seeded, seeded } from '../../node/seeded.ts';

/**
 * Puts, removes, collects, scrubs and reads on a store until somebody kills it, or until the disk is full; tells each
 * step as a line of JSON before it goes on.
 */

/** What a child tells. */
export interface Told {
  readonly doing?: 'put' | 'remove' | 'collect' | 'scrub' | 'read';
  readonly acknowledged?: string;
  readonly removing?: string;
  /** A fault of a root, or another one that must not be. */
  readonly wrong?: string;
  readonly refused?: string;
}

export interface ChildTask {
  readonly path: string;
  readonly seed: number;
  /** Of the names of its roots; contents are the same for all. */
  readonly prefix: string;
  /** So often the disk may refuse before it ends by itself. */
  readonly refusals: number;
}

const PIECE_BYTES = 8_000;
const NAMES = 5;
const FAST = 1e12;
/** Whoever is to fill a disk has more contents. */
const FEW = 100;

const say = (told: Told) => void writeSync(1, `${JSON.stringify(told)}\n`);
const next = () => say({});

const CLOCK: Clock = {
  now: () => ({ wallMs: Date.now(), quality: 'synced' }),
  monotonicMs: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

async function put(chunks: Chunks, name: string, files: number, random: Seeded): Promise<void> {
  const coming = chunks.beginImport();
  try {
    const file = () => textOf(`file ${random(files)}`, 150_000);
    const target = putTree(
      { a: file(), b: { c: file(), d: file() }, e: textOf(String(random(100)), 20_000) },
      PIECE_BYTES,
      coming,
    );
    next();
    await coming.room();
    next();
    await coming.flush();
    next();
    chunks.roots.set({ kind: 'pin', name, target, addedMs: 0, note: '{}' });
    say({ acknowledged: name });
  } finally {
    coming.end();
  }
}

async function step(chunks: Chunks, { prefix, refusals }: ChildTask, random: Seeded): Promise<void> {
  const options = { signal: new AbortController().signal, onProgress: next, bytesPerSecond: FAST };
  const packs = new PackBook(chunks.file);
  const dice = random(10);
  const name = `${prefix}${random(NAMES)}`;
  if (dice < 4) {
    say({ doing: 'put' });
    await put(chunks, name, refusals < FEW ? 1_000 : 12, random);
  } else if (dice < 6) {
    say({ doing: 'remove', removing: name });
    chunks.roots.remove('pin', name);
    next();
  } else if (dice < 8) {
    say({ doing: 'collect' });
    const ports = { file: chunks.file, store: chunks, packs, clock: CLOCK, isAlive: isProcessAlive };
    const { faultCount, isSwept } = await collect(ports, { isDryRun: false, ...options });
    if (faultCount > 0 || !isSwept) say({ wrong: `a collection found ${faultCount} faults` });
  } else if (dice < 9) {
    say({ doing: 'scrub' });
    const { rotten } = await scrub({ file: chunks.file, packs, clock: CLOCK }, options);
    if (rotten > 0) say({ wrong: `a scrub found ${rotten} rotten chunks` });
  } else {
    say({ doing: 'read' });
    const faults = verifyRoots(chunks.file, chunks, { readsAll: true, ...options });
    for await (const { root, error } of faults) {
      // The other process may remove a root, and collect, while it is read.
      const now = chunks.roots.find(root.kind, root.name);
      if (now !== null && JSON.stringify(now.target) === JSON.stringify(root.target)) say({ wrong: error.code });
    }
  }
}

async function main(task: ChildTask): Promise<void> {
  const random = seeded(task.seed);
  const limits = { freeBytesMin: 0, freeBytes: () => Number.MAX_SAFE_INTEGER };
  const chunks = openChunks({ path: task.path, mayCreate: true, profiles: CHUNKERS, clock: CLOCK, limits });
  for (let left = task.refusals; left > 0; ) {
    try {
      await step(chunks, task, random);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      say({ refused: error.code });
      left -= 1;
    }
  }
  chunks.close();
}

await main(JSON.parse(process.argv[2] ?? '') as ChildTask);
