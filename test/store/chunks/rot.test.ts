import { join } from 'node:path';
import t from 'tap';
import { BLOB_BYTES_MAX, CHUNK_BYTES_MAX, PACK_BYTES_MAX } from '../../../src/base/limits-chunks.ts';
import { sha256 } from '../../../src/format/ids.ts';
import { collect } from '../../../src/store/chunks/collect.ts';
import { PackBook } from '../../../src/store/chunks/pack-book.ts';
import { CODED_ROW, NEXT_HEAD } from '../../../src/store/chunks/pack-rows.ts';
import { rootOf, stored } from '../../chunks/store-contract.ts';
import { anySeed } from '../../node/seeded.ts';
import { newFolder } from '../open-store.ts';
import { HandClock, newChunks } from './open-chunks.ts';
import { makeRotStore, rotTrial } from './rot-trial.ts';

const FLIPS = 40;

t.test('a store that rots gives what was put, or an error with a code', async (t) => {
  const store = join(newFolder(t), 'store.db');
  const blobs = await makeRotStore(store);
  const first = anySeed();
  const codes = new Set<string>();
  for (let seed = first; seed < first + FLIPS; seed += 1) {
    const { damage, bad, done, codes: found } = await rotTrial(store, blobs, seed);
    for (const code of found) codes.add(code);
    t.strictSame(bad, [], `seed ${seed}: ${damage}: ${done} went well; ${found.join()}`);
  }
  t.ok(codes.size > 0, `seed ${first}: refused with ${[...codes].join()}`);
});

t.test('a name that lies of its blob is refused, and can be removed', async (t) => {
  const chunks = newChunks(t);
  await stored(chunks, 'good', Buffer.from('good'));
  const lies: readonly (readonly [height: number, length: number, digest: Uint8Array])[] = [
    [0, 0, sha256(Buffer.from('a'))],
    [0, CHUNK_BYTES_MAX + 1, sha256(Buffer.from('a'))],
    [-1, 5, sha256(Buffer.from('a'))],
    [9, 5, sha256(Buffer.from('a'))],
    [1, 0, sha256(Buffer.from('a'))],
    [1, BLOB_BYTES_MAX + 1, sha256(Buffer.from('a'))],
    [1, 5, Buffer.alloc(31)],
  ];
  const lie = chunks.file.database.prepare(`INSERT INTO root VALUES ('pin', 'lie', 'blob', ?, ?, ?, 0, '')`);
  for (const [height, length, digest] of lies) {
    lie.run(digest, height, length);
    const refused = { code: 'chunks_damaged', fields: { kind: 'pin', name: 'lie' } };
    t.throws(() => chunks.roots.list(), refused, `${height}, ${length}`);
    t.throws(() => chunks.roots.find('pin', 'lie'), refused);
    t.ok(chunks.roots.find('pin', 'good'));
    t.ok(chunks.roots.remove('pin', 'lie'));
  }
  t.equal(chunks.roots.list().length, 1);
});

t.test('of a pack that is longer than any, nothing is read', async (t) => {
  const chunks = newChunks(t);
  const root = await stored(chunks, 'one', Buffer.from('one'));
  const { database } = chunks.file;
  database.prepare('UPDATE pack SET bytes = zeroblob(?), members = zeroblob(?)').run(PACK_BYTES_MAX + 1, 100_000);
  const packs = new PackBook(chunks.file);
  const id = Number(database.prepare('SELECT id FROM pack').pluck().get());
  t.match(database.prepare(CODED_ROW).get(id), { bytes: { length: 0 } });
  t.match(database.prepare(NEXT_HEAD).get(0, id), { members: { length: 0 } });
  t.equal(packs.rawOf(id), null);
  t.equal(await chunks.get(root.digest), null);
});

t.test('what the disk made of a remembered file is not believed', (t) => {
  const chunks = newChunks(t);
  const look = { device: 1n, inode: 2n, bytes: 5, modifiedNs: 3n, changedNs: 4n };
  const path = Buffer.from('a/b');
  const content = { digest: sha256(Buffer.from('c')), height: 1, length: 20_000 };
  const walk = chunks.beginSeenWalk('/srv');
  walk.note(path, look, content);
  walk.keep();
  const { database } = chunks.file;
  const row = Buffer.from(database.prepare<[], Buffer>('SELECT content FROM seen').pluck().get() ?? []);
  t.strictSame(chunks.beginSeenWalk('/srv').find(path, look), content);
  for (let at = 0; at < row.length; at += 1) {
    const turned = Buffer.from(row);
    turned[at] = (turned[at] ?? 0) ^ 1;
    database.prepare('UPDATE seen SET content = ?').run(turned);
    t.equal(chunks.beginSeenWalk('/srv').find(path, look), null);
  }
  t.end();
});

t.test('a blob that is remembered otherwise than it is stored is told anew', async (t) => {
  const chunks = newChunks(t);
  const root = await stored(chunks, 'one', Buffer.alloc(1_000_000, 'one'));
  const coming = chunks.beginImport();
  t.equal(await coming.keep(root), true);
  t.equal(await coming.keep({ ...root, length: root.length + 1 }), false);
  t.equal(await coming.keep({ ...root, height: root.height + 1 }), false);
  coming.end();
});

t.test('a chunk that lies twice in its pack is counted once when it goes', async (t) => {
  const chunks = newChunks(t);
  const coming = chunks.beginImport();
  const bytes = Buffer.from('twice');
  const digest = sha256(bytes);
  coming.list(digest, bytes);
  await coming.flush();
  chunks.roots.set(rootOf('one', { digest, height: 0, length: bytes.length }));
  coming.end();
  chunks.roots.remove('pin', 'one');
  const packs = new PackBook(chunks.file);
  const { file } = chunks;
  const [old] = file.database.prepare<[], { id: number; stored_bytes: number }>('SELECT * FROM pack').all();
  file.write(() => {
    packs.move([
      { digest, bytes },
      { digest, bytes },
    ]);
    packs.remove(old?.id ?? 0, old?.stored_bytes ?? 0);
  });
  const ports = { file, store: chunks, packs, clock: new HandClock(), isAlive: () => false };
  ports.clock.after = (_delayMs, task) => {
    setImmediate(task);
    return () => {};
  };
  const options = { isDryRun: false, signal: new AbortController().signal, onProgress: () => {} };
  t.match(await collect(ports, options), { swept: { chunks: 1, bytes: bytes.length } });
  t.match(chunks.stat(), { chunks: 0, rawBytes: 0, packs: 0, storedBytes: 0 });
});
