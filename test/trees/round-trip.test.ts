import { execFileSync } from 'node:child_process';
import { appendFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { CHUNK_BYTES_MAX, CHUNKER_BLOCK_BYTES, INLINE_BYTES_MAX } from '../../src/base/limits-chunks.ts';
import { newChunks } from '../store/chunks/open-chunks.ts';
import { MemoryChunks, MemorySeen } from './memory-chunks.ts';
import { buildTrees, create, makeOddTree, restore, rsyncSays, statsOf } from './trees.ts';

t.before(buildTrees);

function smallFilesIn(folder: string): number {
  const words = ['.', '-type', 'f', '-size', '+0', '!', '-size', `+${INLINE_BYTES_MAX}c`, '-printf', 'x'];
  return execFileSync('find', words, { cwd: folder }).length;
}

t.test('a tree comes back as it was, and has the same id again', async (t) => {
  const folder = t.testdir();
  const [odd, back] = [join(folder, 'odd'), join(folder, 'back')];
  makeOddTree(odd);
  const chunks = new MemoryChunks();
  const seen = new MemorySeen();
  const created = await create(odd, chunks, { seen });
  t.strictSame(created.problems, []);
  t.ok(chunks.roomBytesMax <= CHUNKER_BLOCK_BYTES + 3 * CHUNK_BYTES_MAX, `${chunks.roomBytesMax} bytes between rooms`);
  const restored = await restore(created.digest, back, chunks);
  t.strictSame(restored.problems, []);
  t.equal(rsyncSays(odd, back), '');
  t.equal(rsyncSays(back, odd), '');
  t.equal(statsOf(back), statsOf(odd));
  const { counts } = created;
  t.strictSame(
    [restored.counts.files, restored.counts.directories, restored.counts.others, restored.counts.bytes],
    [counts.files, counts.directories, counts.others, counts.bytes],
  );

  appendFileSync(join(odd, 'large'), 'more');
  writeFileSync(join(odd, 'many/file-7'), 'other');
  const second = await create(odd, chunks, { seen });
  t.equal(second.counts.filesRead, smallFilesIn(odd) + 1, 'of those that are no part of an entry, only what changed');
  t.not(toHex(second.digest), toHex(created.digest));
  const isExcluded = (path: Uint8Array) => Buffer.from(path).toString() === 'sparse';
  t.equal(
    (await create(odd, chunks, { isExcluded })).counts.filesRead,
    second.counts.files - 2,
    'without it all is read',
  );

  const again = await create(back, chunks);
  t.equal(toHex(again.digest), toHex(created.digest));
  t.ok(again.counts.bytes > 2 ** 30);
});

t.test('in a store on disk', async (t) => {
  const folder = t.testdir({ tree: { inner: { small: 'small', large: 'large '.repeat(100_000) } } });
  const [tree, back] = [join(folder, 'tree'), join(folder, 'back')];
  symlinkSync('inner/large', join(tree, 'link'));
  const store = newChunks(t);
  const ids: string[] = [];
  for (const filesRead of [2, 1]) {
    const importing = store.beginImport();
    const seen = store.beginSeenWalk(tree);
    const created = await create(tree, new MemoryChunks(), { import: importing, seen });
    t.equal(created.counts.filesRead, filesRead);
    const { digest } = created;
    ids.push(toHex(digest));
    store.roots.set({ kind: 'snapshot', name: 'test', target: { kind: 'snapshot', digest }, addedMs: 1, note: '{}' });
    importing.end();
    seen.keep();
  }
  t.equal(ids[0], ids[1]);
  await restore(Buffer.from(ids[0] ?? '', 'hex'), back, new MemoryChunks(), { fetch: store.get });
  t.equal(rsyncSays(tree, back), '');
});
