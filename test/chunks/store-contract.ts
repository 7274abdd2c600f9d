import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { CHUNKER_BLOCK_BYTES, ROOT_NAME_CHARACTERS_MAX, ROOT_NOTE_BYTES_MAX } from '../../src/base/limits-chunks.ts';
import { readBlob } from '../../src/chunks/blob-reader.ts';
import { BlobWriter } from '../../src/chunks/content-writer.ts';
import type { BlobRoot } from '../../src/chunks/list-writer.ts';
import type { ChunkImport, ChunkStore, Root } from '../../src/chunks/ports.ts';
import { chunkerFor } from '../../src/format/chunkers/cut.ts';
import { CHUNKERS, chunkerProfile } from '../../src/format/chunkers/profile.ts';
import { sha256 } from '../../src/format/ids.ts';

/** What every chunk store does, whatever keeps it. */

/** A store of its own for each part of the suite; gone when the test ends. */
export type MakeStore = (t: Test) => ChunkStore;

const PROFILE = chunkerProfile(CHUNKERS['image-64k']);
/** Enough for a list above chunks, of which some share a pack. */
export const LARGE_BYTES = 3 * CHUNKER_BLOCK_BYTES + 12_345;

export async function told(into: ChunkImport, bytes: Uint8Array): Promise<BlobRoot | null> {
  const writer = new BlobWriter(chunkerFor(PROFILE), into);
  for (let from = 0; from < bytes.length; from += CHUNKER_BLOCK_BYTES) {
    writer.push(bytes.subarray(from, from + CHUNKER_BLOCK_BYTES));
    await into.room();
  }
  return writer.end();
}

export async function bytesOf(store: ChunkStore, root: BlobRoot): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of readBlob(root, { from: 0, to: root.length }, store.get)) parts.push(part);
  return Buffer.concat(parts);
}

export const rootOf = (name: string, root: BlobRoot | null, note = '{}'): Root => ({
  kind: 'pin',
  name,
  target: { kind: 'blob', root },
  addedMs: 1_700_000_000_000,
  note,
});

export async function stored(store: ChunkStore, name: string, bytes: Uint8Array): Promise<BlobRoot> {
  const into = store.beginImport();
  try {
    const root = await told(into, bytes);
    await into.flush();
    store.roots.set(rootOf(name, root));
    if (root === null) throw new Error('nothing to store');
    return root;
  } finally {
    into.end();
  }
}

export async function storeContract(t: Test, make: MakeStore): Promise<void> {
  await t.test('what was told is read again, after a flush', (t) => readAgain(t, make(t)));
  await t.test('what is here already is not stored again', (t) => notAgain(t, make(t)));
  await t.test('a blob is kept by its id alone', (t) => keptById(t, make(t)));
  await t.test('roots', (t) => keepsRoots(t, make(t)));
  await t.test('what may not be a root', (t) => refusesRoots(t, make(t)));
}

async function readAgain(t: Test, store: ChunkStore): Promise<void> {
  for (const bytes of [
    randomBytes(LARGE_BYTES),
    Buffer.alloc(LARGE_BYTES),
    Buffer.from('x'),
    Buffer.alloc(70_000, 'ab'),
  ]) {
    const root = await stored(store, 'one', bytes);
    t.ok((await bytesOf(store, root)).equals(bytes), `${bytes.length} bytes`);
  }
  t.equal(await store.get(sha256(Buffer.from('nobody told this'))), null);
  const into = store.beginImport();
  t.equal(await told(into, Buffer.alloc(0)), null);
  await into.flush();
  store.roots.set(rootOf('empty', null));
  into.end();
  const kept = Buffer.from('kept by whoever reads it');
  const { digest } = await stored(store, 'two', kept);
  (await store.get(digest))?.fill(0);
  t.ok(
    kept.equals((await store.get(digest)) ?? Buffer.alloc(0)),
    'what is done to what was read is not done to the store',
  );
}

async function notAgain(t: Test, store: ChunkStore): Promise<void> {
  const bytes = randomBytes(LARGE_BYTES);
  const first = store.beginImport();
  const root = await told(first, bytes);
  await first.flush();
  store.roots.set(rootOf('one', root));
  const { chunks, newChunks, newBytes, storedBytes } = first.counts;
  t.equal(first.counts.chunks, newChunks, 'all are new');
  t.equal(first.counts.bytes, newBytes);
  t.ok(storedBytes >= bytes.length, 'random bytes do not shrink');
  first.end();
  const second = store.beginImport();
  t.strictSame(await told(second, Buffer.concat([bytes])), root);
  await second.flush();
  t.match(second.counts, { chunks, newChunks: 0, newBytes: 0, storedBytes: 0 });
  second.end();
  const zeros = store.beginImport();
  await told(zeros, Buffer.alloc(8 * CHUNKER_BLOCK_BYTES));
  await zeros.flush();
  t.equal(zeros.counts.newChunks, 2, 'one chunk over and over, and its list');
  t.equal(zeros.counts.chunks, 33);
  zeros.end();
}

async function keptById(t: Test, store: ChunkStore): Promise<void> {
  const bytes = randomBytes(LARGE_BYTES);
  const root = await stored(store, 'one', bytes);
  const again = store.beginImport();
  t.equal(await again.keep(root), true);
  t.equal(await again.keep({ ...root, digest: sha256(Buffer.from('another')) }), false);
  t.equal(await again.keep({ digest: sha256(Buffer.from('another')), height: 0, length: 3 }), false);
  t.equal(
    await again.keep({ digest: root.digest, height: 0, length: root.length }),
    true,
    'of a chunk it looks for no parts',
  );
  await again.flush();
  store.roots.set(rootOf('two', root));
  again.end();
}

async function keepsRoots(t: Test, store: ChunkStore): Promise<void> {
  const root = await stored(store, 'b', Buffer.from('of b'));
  const into = store.beginImport();
  t.equal(await into.keep(root), true);
  await into.flush();
  const document: Root = { ...rootOf('a', root), kind: 'snapshot', target: { kind: 'snapshot', digest: root.digest } };
  store.roots.set(document);
  store.roots.set(rootOf('a', root, '{"by":"me"}'));
  store.roots.set({ ...rootOf('set/2026-01-01T00:00:00Z', root), kind: 'backup' });
  into.end();
  const names = (kind?: Root['kind']) => store.roots.list(kind).map((one) => `${one.kind} ${one.name}`);
  t.strictSame(names(), ['backup set/2026-01-01T00:00:00Z', 'pin a', 'pin b', 'snapshot a']);
  t.strictSame(names('pin'), ['pin a', 'pin b']);
  t.strictSame(store.roots.find('snapshot', 'a'), document);
  t.strictSame(store.roots.find('pin', 'a'), rootOf('a', root, '{"by":"me"}'));
  t.equal(store.roots.find('pin', 'c'), null);
  t.equal(store.roots.remove('pin', 'a'), true);
  t.equal(store.roots.remove('pin', 'a'), false);
  t.strictSame(names('pin'), ['pin b']);
}

async function refusesRoots(t: Test, store: ChunkStore): Promise<void> {
  const root = await stored(store, 'one', Buffer.from('one'));
  t.throws(() => store.roots.set(rootOf('late', root)), { name: 'AssertionFailure' }, 'no import is open');
  const into = store.beginImport();
  for (const name of ['', 'a\nb', '\u202ea', 'a\u2028b', 'x'.repeat(ROOT_NAME_CHARACTERS_MAX + 1)]) {
    t.throws(() => store.roots.set(rootOf(name, root)), { code: 'bad_root_name' }, encodeURI(name.slice(0, 9)));
  }
  t.throws(() => store.roots.set(rootOf('a', root, 'é'.repeat(ROOT_NOTE_BYTES_MAX / 2 + 1))), {
    code: 'root_note_long',
  });
  const absent = { digest: sha256(Buffer.from('another')), height: 0, length: 7 };
  t.throws(() => store.roots.set(rootOf('a', absent)), { code: 'chunk_missing' });
  t.doesNotThrow(() =>
    store.roots.set(rootOf('ü'.repeat(ROOT_NAME_CHARACTERS_MAX), root, 'x'.repeat(ROOT_NOTE_BYTES_MAX))),
  );
  into.end();
}
