import t from 'tap';
import { ListWriter } from '../../../src/chunks/list-writer.ts';
import type { ChunkImport } from '../../../src/chunks/ports.ts';
import { sha256 } from '../../../src/format/ids.ts';
import { collect } from '../../../src/store/chunks/collect.ts';
import { PackBook } from '../../../src/store/chunks/pack-book.ts';
import type { Chunks } from '../../../src/store/chunks/store.ts';
import { verifyRoots } from '../../../src/store/chunks/verify.ts';
import { newChunks } from './open-chunks.ts';

/** The real import beside the real collection, in orders that chance would seldom bring. */

const PIECES = 300;

async function collectAll(store: Chunks): Promise<void> {
  const { file } = store;
  const clock = { now: () => ({ wallMs: 1, quality: 'synced' as const }), monotonicMs: () => 1, after: soon };
  const ports = { file, store, packs: new PackBook(file), clock, isAlive: () => true };
  await collect(ports, { isDryRun: false, signal: new AbortController().signal, onProgress: () => {} });
}

function soon(_delayMs: number, task: () => void): () => void {
  setImmediate(task);
  return () => {};
}

/** Tells a blob of many chunks. @returns its root, and its lists. */
function tellBlob(coming: ChunkImport) {
  const lists: Uint8Array[] = [];
  const writer = new ListWriter((digest, bytes) => {
    lists.push(bytes);
    coming.list(digest, bytes);
  });
  for (let piece = 0; piece < PIECES; piece += 1) {
    const bytes = Buffer.from(`piece ${piece}`);
    const part = { digest: sha256(bytes), length: bytes.length };
    coming.chunk(part, bytes);
    writer.add(part);
  }
  return { root: writer.end(), lists };
}

t.test('a list that came as the content of a file does not stand for its parts', async (t) => {
  const store = newChunks(t);
  const first = store.beginImport();
  const { root, lists } = tellBlob(first);
  if (root === null) throw new Error('a blob of pieces is not empty');
  await first.flush();
  const set = (name: string) =>
    store.roots.set({ kind: 'pin', name, target: { kind: 'blob', root }, addedMs: 0, note: '' });
  set('old');
  first.end();
  const keeper = store.beginImport();
  store.roots.remove('pin', 'old');
  // Nothing goes, for there is a lease; but what comes now is of a newer epoch than the parts.
  await collectAll(store);
  const second = store.beginImport();
  keeper.end();
  for (const bytes of lists) second.chunk({ digest: sha256(bytes), length: bytes.length }, bytes);
  await second.flush();
  t.ok(await second.keep(root), 'all of it is here');
  await collectAll(store);
  set('new');
  second.end();
  const found = await Array.fromAsync(
    verifyRoots(store.file, store, { readsAll: true, signal: new AbortController().signal, onProgress: () => {} }),
  );
  t.strictSame(found, []);
});
