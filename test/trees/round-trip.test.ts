import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { CHUNK_BYTES_MAX, CHUNKER_BLOCK_BYTES } from '../../src/base/limits-chunks.ts';
import { MemoryChunks, MemorySeen } from './memory-chunks.ts';
import { buildTrees, create, makeOddTree, restore, rsyncSays, statsOf } from './trees.ts';

t.before(buildTrees);

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
  t.equal(second.counts.filesRead, 2, 'only what changed is read');
  t.not(toHex(second.digest), toHex(created.digest));
  t.equal((await create(odd, chunks)).counts.filesRead, second.counts.files - 1, 'without it all but the empty one');

  const again = await create(back, chunks);
  t.equal(toHex(again.digest), toHex(created.digest));
  t.ok(again.counts.bytes > 2 ** 30);
});
