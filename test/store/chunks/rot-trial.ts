import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import { CodedError } from '../../../src/base/errors.ts';
import { readBlob } from '../../../src/chunks/blob-reader.ts';
import { liveOf } from '../../../src/chunks/live.ts';
import type { Root } from '../../../src/chunks/ports.ts';
import { CHUNKERS } from '../../../src/format/chunkers/profile.ts';
import { sha256 } from '../../../src/format/ids.ts';
import { BackupSets } from '../../../src/store/chunks/backup-sets.ts';
import { collect } from '../../../src/store/chunks/collect.ts';
import { PackBook } from '../../../src/store/chunks/pack-book.ts';
import { scrub } from '../../../src/store/chunks/scrub.ts';
import { type Chunks, openChunks } from '../../../src/store/chunks/store.ts';
import { verifyRoots } from '../../../src/store/chunks/verify.ts';
import { hex, putBlob, putTree, Shelf, textOf } from '../../chunks/made.ts';
import { type Seeded, seeded } from '../../node/seeded.ts';
import { HandClock } from './open-chunks.ts';

/** A store on a disk that rots, or that somebody has written into: each damage on a copy of its own. */

const PIECE_BYTES = 3_000;
const PAGE_BYTES = 8192;
const LOOK = { device: 1n, inode: 2n, bytes: 5, modifiedNs: 10n ** 18n, changedNs: 1n };
const QUIET = { signal: new AbortController().signal, onProgress: () => {} };
/** What a row may say in place of a number. */
const NUMBERS = [-1n, 0n, 1n, 9n, 2n ** 20n, 2n ** 31n, 2n ** 40n + 1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)];
const TEXTS = ['', 'blob', 'snapshot', '{}', 'null', '[1]', '{"image-64k":{}}', '\0', 'x'.repeat(70_000)];

/** Half of it is there before. */
const NEW = Buffer.from(textOf('blob 1', 200_000) + textOf('new', 100_000));

/** What came of one damage. */
export interface RotEnd {
  readonly seed: number;
  readonly damage: string;
  /** Of all that was tried: how much went well, and with which codes the rest was refused. */
  readonly done: number;
  readonly codes: readonly string[];
  /** Answers that must not be: wrong bytes, or an error without a code of ours. */
  readonly bad: readonly string[];
}

const clock = (): HandClock => {
  const made = new HandClock();
  made.after = (_delayMs, task) => {
    setImmediate(task);
    return () => {};
  };
  return made;
};

const open = (path: string, mayCreate: boolean): Chunks => {
  const limits = { freeBytes: () => Number.MAX_SAFE_INTEGER };
  return openChunks({ path, mayCreate, profiles: CHUNKERS, clock: clock(), limits });
};

/** A store with something in each of its tables. @returns the bytes of its blobs, by the digest of their root. */
export async function makeRotStore(path: string): Promise<ReadonlyMap<string, Buffer>> {
  const chunks = open(path, true);
  const blobs = new Map<string, Buffer>();
  const coming = chunks.beginImport();
  const blob = async (name: string, bytes: Buffer) => {
    const root = putBlob(bytes, PIECE_BYTES, coming);
    await coming.flush();
    blobs.set(hex(root?.digest ?? new Uint8Array()), bytes);
    chunks.roots.set({ kind: 'pin', name, target: { kind: 'blob', root }, addedMs: 0, note: '{}' });
  };
  for (let at = 0; at < 4; at += 1) await blob(`blob ${at}`, Buffer.from(textOf(`blob ${at}`, 200_000)));
  await blob('long', Buffer.from(textOf('long', 1_500_000)));
  await blob('small', Buffer.from('one'));
  for (let at = 0; at < 12; at += 1) {
    const target = putTree({ a: textOf(`a ${at}`, 30_000), b: { c: textOf('c', 20_000), d: `${at}` } }, 3_000, coming);
    await coming.flush();
    chunks.roots.set({ kind: at % 2 === 0 ? 'backup' : 'snapshot', name: `tree ${at}`, target, addedMs: 0, note: '' });
    chunks.copies.note(target, { node: 'n1', seenMs: 1 });
  }
  coming.end();
  blobs.set(hex(putBlob(NEW, PIECE_BYTES, new Shelf())?.digest ?? new Uint8Array()), NEW);
  for (const at of [2, 3]) chunks.roots.remove('pin', `blob ${at}`);
  const walk = chunks.beginSeenWalk('/srv');
  const content = { digest: sha256(Buffer.from('c')), height: 1, length: 20_000 };
  for (let at = 0; at < 500; at += 1) walk.note(Buffer.from(`file ${at}`), LOOK, content);
  walk.keep();
  new BackupSets(chunks.file).put('home', '{}');
  chunks.close();
  return blobs;
}

/** Damages a copy of the store and does all that can be done with it. */
export async function rotTrial(store: string, blobs: ReadonlyMap<string, Buffer>, seed: number): Promise<RotEnd> {
  const path = join(store, '..', `rot-${seed}.db`);
  copyFileSync(store, path);
  const tries = new Tries();
  try {
    const damage = damaged(path, seeded(seed));
    // Twice: what was put aside or taken away the first time is not there the second time.
    for (const round of [1, 2]) await tries.of(`round ${round}`, () => use(path, blobs, tries));
    return { seed, damage, ...tries.end() };
  } finally {
    for (const end of ['', '-wal', '-shm', '-reserve']) rmSync(path + end, { force: true });
  }
}

class Tries {
  #done = 0;
  readonly #codes = new Set<string>();
  readonly bad: string[] = [];

  async of(name: string, task: () => unknown): Promise<void> {
    try {
      await task();
      this.#done += 1;
    } catch (error) {
      if (error instanceof CodedError) this.#codes.add(error.code);
      else this.bad.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  end() {
    return { done: this.#done, codes: [...this.#codes].sort(), bad: this.bad };
  }
}

async function use(path: string, blobs: ReadonlyMap<string, Buffer>, tries: Tries): Promise<void> {
  const chunks = open(path, false);
  const parts = { file: chunks.file, store: chunks, packs: new PackBook(chunks.file), clock: clock() };
  const gc = (isDryRun: boolean) => collect({ ...parts, isAlive: () => false }, { isDryRun, ...QUIET });
  let roots: readonly Root[] = [];
  try {
    await tries.of('stat', () => chunks.stat());
    await tries.of('roots', () => {
      roots = chunks.roots.list();
    });
    for (const root of roots) await tries.of(`read ${root.kind} ${root.name}`, () => read(chunks, root, blobs, tries));
    await tries.of('verify', () => Array.fromAsync(verifyRoots(chunks.file, chunks, { readsAll: true, ...QUIET })));
    await tries.of('seen', () => seenAgain(chunks));
    await tries.of('copies', () => {
      for (const { target } of roots) chunks.copies.of(target);
    });
    await tries.of('sets', () => new BackupSets(chunks.file).list());
    await tries.of('put', () => putAgain(chunks, roots, tries));
    await tries.of('dry run', () => gc(true));
    await tries.of('scrub', () => scrub(parts, { bytesPerSecond: 1e12, ...QUIET }));
    await tries.of('collect', () => gc(false));
    await tries.of('remove', () => chunks.roots.remove('pin', 'blob 0'));
    await tries.of('collect again', () => gc(false));
  } finally {
    chunks.close();
  }
}

async function read(chunks: Chunks, { target }: Root, blobs: ReadonlyMap<string, Buffer>, tries: Tries): Promise<void> {
  if (target.kind === 'snapshot') {
    await Array.fromAsync(liveOf(target, { fetch: chunks.get, isWalked: () => false }));
    return;
  }
  if (target.root === null) return;
  const pieces = readBlob(target.root, { from: 0, to: target.root.length }, chunks.get);
  const bytes = Buffer.concat(await Array.fromAsync(pieces));
  const wanted = blobs.get(hex(target.root.digest));
  // A root that has become another's is as right as that one.
  const isRight = wanted === undefined ? hex(sha256(bytes)) === hex(target.root.digest) : wanted.equals(bytes);
  if (!isRight) tries.bad.push(`${bytes.length} wrong bytes of ${hex(target.root.digest)}`);
}

function seenAgain(chunks: Chunks): void {
  const walk = chunks.beginSeenWalk('/srv');
  for (let at = 0; at < 500; at += 1) {
    const found = walk.find(Buffer.from(`file ${at}`), LOOK);
    if (found !== null) walk.note(Buffer.from(`file ${at}`), LOOK, found);
  }
  walk.keep();
}

/** What is put on a damaged store, and told to be there, is there. */
async function putAgain(chunks: Chunks, roots: readonly Root[], tries: Tries): Promise<void> {
  const coming = chunks.beginImport();
  try {
    for (const { target } of roots) {
      if (target.kind === 'blob' && target.root !== null) {
        const { root } = target;
        await tries.of('keep', () => coming.keep(root));
      }
    }
    const root = putBlob(NEW, PIECE_BYTES, coming);
    await coming.flush();
    chunks.roots.set({ kind: 'pin', name: 'new', target: { kind: 'blob', root }, addedMs: 0, note: '' });
  } finally {
    await tries.of('end', () => coming.end());
  }
}

/** @returns what was done to it. */
function damaged(path: string, random: Seeded): string {
  const kind = ['bit', 'bit', 'page', 'zeros', 'copied page', 'cut', 'row', 'row', 'row', 'row'][random(10)];
  if (kind === 'row') return rowDamaged(path, random);
  const bytes = readFileSync(path);
  const at = random(bytes.length);
  const page = at - (at % PAGE_BYTES);
  if (kind === 'cut') {
    truncateSync(path, at);
    return `cut at ${at}`;
  }
  if (kind === 'bit') bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
  if (kind === 'page') for (let one = page; one < page + PAGE_BYTES; one += 1) bytes[one] = random(256);
  if (kind === 'zeros') bytes.fill(0, page, page + PAGE_BYTES);
  if (kind === 'copied page') {
    const from = PAGE_BYTES * random(bytes.length / PAGE_BYTES);
    bytes.copyWithin(page, from, from + PAGE_BYTES);
  }
  writeFileSync(path, bytes);
  return `${kind} at ${at}, page ${page / PAGE_BYTES + 1}`;
}

interface Column {
  readonly name: string;
  readonly type: string;
}

/** One value of one row lies. */
function rowDamaged(path: string, random: Seeded): string {
  const database = new DatabaseConstructor(path);
  try {
    const tables = ['meta', 'pack', 'pack', 'chunk', 'root', 'root', 'seen', 'seen_source', 'copy', 'backup_set'];
    const table = tables[random(tables.length)] ?? '';
    const columns = database.prepare<[], Column>(`SELECT name, type FROM pragma_table_info('${table}')`).all();
    const { name = '', type = '' } = columns[random(columns.length)] ?? {};
    const count = Number(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
    const value =
      type === 'INTEGER'
        ? NUMBERS[random(NUMBERS.length)]
        : type === 'TEXT'
          ? TEXTS[random(TEXTS.length)]
          : Buffer.alloc([0, 1, 31, 32, 33, 100, 70_000][random(7)] ?? 0, random(256));
    const key = table === 'root' ? 'name' : columns[0]?.name;
    const row = database.prepare(`SELECT ${key} FROM ${table} LIMIT 1 OFFSET ?`).pluck().get(random(count));
    database.prepare(`UPDATE OR IGNORE ${table} SET ${name} = ? WHERE ${key} = ?`).run(value, row);
    const shown = typeof value === 'bigint' ? value : JSON.stringify(String(value).slice(0, 20));
    return `${table}.${name} = ${shown}`;
  } finally {
    database.close();
  }
}
