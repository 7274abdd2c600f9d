import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import { BlobWriter } from '../../src/chunks/content-writer.ts';
import { chunkerFor } from '../../src/format/chunkers/cut.ts';
import { CHUNKERS, chunkerProfile } from '../../src/format/chunkers/profile.ts';
import { systemClock } from '../../src/node/system.ts';
import { openChunks } from '../../src/store/chunks/store.ts';
import { seeded } from '../node/seeded.ts';
import { rounds } from './rounds.ts';
import type { Bench, Measured, Work } from './row.ts';

const ROUNDS = 5;
const RATIO_MIN = 0.6;
const MIB = 1024 * 1024;
const FILE_BYTES = 256 * MIB;
/** Blobs of the yardstick, and how many of them share a transaction. */
const BLOB_BYTES = MIB;
const BLOBS_IN_TRANSACTION = 16;

/** A large file without a pattern: cut, hashed and stored; against the slower of what cannot be left out. */
export const ingestBench: Bench = { names: ['ingest'], run: async (work) => [await measure(work)] };

async function measure(work: Work): Promise<Measured> {
  const pieces = Array.from({ length: FILE_BYTES / MIB }, (_, index) => noise(index + 1));
  const path = join(work.folder, 'ingest.db');
  const hashing = speedOf(() => hash(pieces));
  const writing = speedOf(() => writeBlobs(path, pieces));
  const [name, yardstick] =
    hashing < writing
      ? ['SHA-256', () => hash(pieces)]
      : ['SQLite writing blobs of 1 MiB', () => writeBlobs(path, pieces)];
  const figures = await rounds(ROUNDS, work, {
    ours: () => speedOfEach(() => ingest(path, pieces)),
    yardstick: () => speedOf(yardstick),
  });
  return {
    row: {
      name: 'ingest',
      unit: 'MB/s',
      against: `${name}, the slower of the two, of the same ${FILE_BYTES / MIB} MiB`,
      ...figures.row,
      budget: `ratio >= ${RATIO_MIN}`,
      holds: figures.row.ratio >= RATIO_MIN,
    },
    ...figures.spreads,
  };
}

async function ingest(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  remove(path);
  const store = openChunks({ path, mayCreate: true, profiles: CHUNKERS, clock: systemClock('trusted') });
  const arriving = store.beginImport();
  const writer = new BlobWriter(chunkerFor(chunkerProfile(CHUNKERS['image-64k'])), arriving);
  for (const piece of pieces) {
    writer.push(piece);
    await arriving.room();
  }
  writer.end();
  await arriving.flush();
  arriving.end();
  store.close();
}

function hash(pieces: readonly Uint8Array[]): void {
  const sha256 = createHash('sha256');
  for (const piece of pieces) sha256.update(piece);
  sha256.digest();
}

/** As the store writes: a log, every commit synced. */
function writeBlobs(path: string, pieces: readonly Uint8Array[]): void {
  remove(path);
  const database = new DatabaseConstructor(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE blobs (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT');
  const insert = database.prepare('INSERT INTO blobs (bytes) VALUES (?)');
  const write = database.transaction((some: readonly Uint8Array[]) => {
    for (const bytes of some) insert.run(bytes);
  });
  for (let at = 0; at < pieces.length; at += BLOBS_IN_TRANSACTION) write(pieces.slice(at, at + BLOBS_IN_TRANSACTION));
  database.close();
}

function noise(seed: number): Uint8Array {
  const words = new Uint32Array(BLOB_BYTES / 4);
  const random = seeded(seed);
  for (let at = 0; at < words.length; at += 1) words[at] = random(2 ** 32);
  return new Uint8Array(words.buffer);
}

function remove(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
}

/** In MB/s. */
function speedOf(task: () => void): number {
  const beganMs = performance.now();
  task();
  return FILE_BYTES / 1000 / (performance.now() - beganMs);
}

async function speedOfEach(task: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await task();
  return FILE_BYTES / 1000 / (performance.now() - beganMs);
}
