import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CHUNKS_RESERVE_BYTES } from '../../../src/base/limits-chunks.ts';
import { ListWriter } from '../../../src/chunks/list-writer.ts';
import { sha256 } from '../../../src/format/ids.ts';
import { collect } from '../../../src/store/chunks/collect.ts';
import { PackBook } from '../../../src/store/chunks/pack-book.ts';
import { Reserve } from '../../../src/store/chunks/reserve.ts';
import type { Chunks } from '../../../src/store/chunks/store.ts';
import { verifyRoots } from '../../../src/store/chunks/verify.ts';
import { freeBytesOf } from '../../../src/store/disk-space.ts';
import { newFolder } from '../open-store.ts';
import { HandClock, newChunks } from './open-chunks.ts';

const QUIET = { signal: new AbortController().signal, onProgress: () => {} };

/** A disk of its own, of some MiB. */
function mounted(t: Test, mebibytes: number): string {
  if (process.getuid?.() !== 0) throw new Error('disks are mounted by root: run the tests of the store as root');
  const folder = newFolder(t);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
  t.equal(status, 0);
  t.teardown(() => void spawnSync('umount', ['--lazy', folder]));
  return folder;
}

/** Takes all that the disk has left. */
function fill(folder: string): string {
  const path = join(folder, 'others');
  for (const bytes of [1_000_000, 4096]) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(bytes));
    } catch {
      // Until there is no room for so much.
    }
  }
  return path;
}

async function put(chunks: Chunks, name: string, pieces: number, bytes: number): Promise<void> {
  const coming = chunks.beginImport();
  const writer = new ListWriter((digest, list) => coming.list(digest, list));
  for (let piece = 0; piece < pieces; piece += 1) {
    const content = Buffer.concat([Buffer.from(`${name} ${piece} `), randomBytes(bytes)]);
    const part = { digest: sha256(content), length: content.length };
    coming.chunk(part, content);
    writer.add(part);
    if (piece % 1000 === 0) await coming.room();
  }
  const root = writer.end();
  await coming.flush();
  chunks.roots.set({ kind: 'pin', name, target: { kind: 'blob', root }, addedMs: 0, note: '' });
  coming.end();
}

function collectAll(chunks: Chunks) {
  const clock = new HandClock();
  clock.after = (_delayMs, task) => {
    setImmediate(task);
    return () => {};
  };
  const ports = { file: chunks.file, store: chunks, packs: new PackBook(chunks.file), clock, isAlive: () => true };
  return collect(ports, { isDryRun: false, ...QUIET });
}

const faultsOf = (chunks: Chunks) => Array.fromAsync(verifyRoots(chunks.file, chunks, { readsAll: true, ...QUIET }));

t.test('a collection frees a disk on which there is no room for anything', async (t) => {
  // Of few chunks, and of so many that neither their marks nor what goes fit into the reserve at once.
  for (const { pieces, bytes, size } of [
    { pieces: 100, bytes: 60_000, size: 48 },
    { pieces: 60_000, bytes: 40, size: 64 },
  ]) {
    const folder = mounted(t, size);
    const path = join(folder, 'chunks.db');
    const before = newChunks(t, { path });
    await put(before, 'stays', pieces, bytes);
    await put(before, 'goes', pieces, bytes);
    before.roots.remove('pin', 'goes');
    before.close();
    t.equal(statSync(`${path}-reserve`).size, CHUNKS_RESERVE_BYTES);
    const others = fill(folder);
    t.equal(freeBytesOf(folder), 0);
    const chunks = newChunks(t, { path });
    const { isSwept, swept, fileBytes } = await collectAll(chunks);
    t.ok(isSwept && swept.chunks >= pieces);
    t.ok(fileBytes > 1_000_000, `${fileBytes} bytes for others`);
    t.strictSame(await faultsOf(chunks), []);
    t.equal(chunks.file.database.pragma('integrity_check', { simple: true }), 'ok');
    rmSync(others);
    await collectAll(chunks);
    t.equal(statSync(`${path}-reserve`).size, CHUNKS_RESERVE_BYTES, 'there is one for the next time');
    chunks.close();
  }
});

t.test('a reserve is kept where there is room for it, for the owner of the store, and through no link', (t) => {
  const folder = mounted(t, 16);
  const path = join(folder, 'chunks.db');
  const reserve = `${path}-reserve`;
  const others = fill(folder);
  rmSync(others);
  appendFileSync(others, Buffer.alloc(10_000_000));
  newChunks(t, { path }).close();
  t.notOk(existsSync(reserve), 'not the last of a disk');
  rmSync(others);
  appendFileSync(others, 'mine');
  spawnSync('ln', ['-s', others, reserve]);
  spawnSync('chown', ['7:8', path]);
  newChunks(t, { path }).close();
  t.match(statSync(reserve), { size: CHUNKS_RESERVE_BYTES, uid: 7, gid: 8 });
  t.equal(statSync(others).size, 4, 'what the link led to is as it was');
  t.ok(new Reserve(path).release());
  t.notOk(new Reserve(path).release(), 'once');
  t.end();
});
