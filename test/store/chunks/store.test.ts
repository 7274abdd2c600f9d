import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import DatabaseConstructor from 'better-sqlite3';
import t from 'tap';
import { LEASE_MS_MAX, LEASE_RENEW_MS, SEEN_BATCH_ROWS_MAX } from '../../../src/base/limits-chunks.ts';
import { CHUNKERS } from '../../../src/format/chunkers/profile.ts';
import { sha256 } from '../../../src/format/ids.ts';
import type { Chunks, ChunksOptions } from '../../../src/store/chunks/store.ts';
import { bytesOf, LARGE_BYTES, rootOf, storeContract, stored, told } from '../../chunks/store-contract.ts';
import { newFolder } from '../open-store.ts';
import { HandClock, newChunks } from './open-chunks.ts';
import { RACE_BYTES } from './race.ts';

const MAIN = join(import.meta.dirname, 'race-main.ts');

t.test('a store on disk', (t) => storeContract(t, (t) => newChunks(t)));

/** Stands in for a collection that has begun: chunks that are here are of an older epoch now. */
function raiseEpoch(chunks: Chunks): void {
  chunks.file.write(() => chunks.file.database.exec('UPDATE meta SET epoch = epoch + 1'));
}

const epochsOf = (chunks: Chunks) =>
  chunks.file.database.prepare('SELECT DISTINCT epoch FROM chunk ORDER BY epoch').pluck().all();

const flipped = (chunks: Chunks, from: number) => {
  const { database } = chunks.file;
  const row = database.prepare<[], { id: number; bytes: Buffer }>('SELECT id, bytes FROM pack ORDER BY id').get();
  if (row === undefined) throw new Error('no pack');
  row.bytes[from] = (row.bytes[from] ?? 0) ^ 1;
  database.prepare('UPDATE pack SET bytes = ? WHERE id = ?').run(row.bytes, row.id);
};

t.test('what an import finds is touched, and stored again where it has gone by then', async (t) => {
  const chunks = newChunks(t);
  const bytes = randomBytes(LARGE_BYTES);
  const root = await stored(chunks, 'one', bytes);
  raiseEpoch(chunks);
  const again = chunks.beginImport();
  t.strictSame(await told(again, bytes), root);
  await again.flush();
  t.strictSame(epochsOf(chunks), [129], 'told');
  again.end();
  raiseEpoch(chunks);
  const kept = chunks.beginImport();
  t.equal(await kept.keep(root), true);
  t.strictSame(epochsOf(chunks), [130], 'kept');
  kept.end();
  raiseEpoch(chunks);
  const late = chunks.beginImport();
  const small = Buffer.from('a chunk that goes between two looks');
  await stored(chunks, 'small', small);
  chunks.file.database.exec('UPDATE chunk SET epoch = 1');
  await told(late, small);
  chunks.file.database.prepare('DELETE FROM chunk WHERE digest = ?').run(sha256(small));
  await late.flush();
  t.ok(small.equals((await chunks.get(sha256(small))) ?? Buffer.alloc(0)));
  late.end();
});

t.test('a lease is renewed while an import lasts, and is missed when it has been taken away', async (t) => {
  const clock = new HandClock();
  const chunks = newChunks(t, { clock });
  const until = () => chunks.file.database.prepare('SELECT until_ms FROM lease').pluck().get();
  const into = chunks.beginImport();
  t.equal(until(), clock.wallMs + LEASE_MS_MAX);
  clock.go(LEASE_RENEW_MS);
  clock.go(LEASE_RENEW_MS);
  t.equal(until(), clock.wallMs + LEASE_MS_MAX, 'twice');
  const root = await told(into, Buffer.from('told in time'));
  await into.flush();
  chunks.file.database.exec('DELETE FROM lease');
  t.throws(() => chunks.roots.set(rootOf('late', root)), { code: 'lease_lost' });
  await t.rejects(into.flush(), { code: 'lease_lost' }, 'nothing new was told, and yet');
  await told(into, Buffer.from('told too late'));
  await t.rejects(into.flush(), { code: 'lease_lost' });
  await t.rejects(into.room(), { code: 'lease_lost' }, 'and it stays so');
  t.equal(await chunks.get(sha256(Buffer.from('told too late'))), null);
  into.end();
  t.equal(clock.waiting, 0, 'nothing goes on after the end');
  const other = chunks.beginImport();
  chunks.file.database.exec('DELETE FROM lease');
  clock.go(LEASE_RENEW_MS);
  await t.rejects(other.room(), { code: 'lease_lost' }, 'the renewal has noticed');
  other.end();
});

t.test('a byte on the disk that turned', async (t) => {
  for (const [name, bytes] of [
    ['plain', randomBytes(600_000)],
    ['zstd', Buffer.alloc(600_000, randomBytes(5000))],
  ] as const) {
    const path = join(newFolder(t), 'chunks.db');
    const writer = newChunks(t, { path });
    const root = await stored(writer, 'one', bytes);
    flipped(writer, 70_000 % (name === 'plain' ? 600_000 : 3000));
    const chunks = newChunks(t, { path });
    const { chunks: before, rawBytes } = chunks.stat();
    await t.rejects(bytesOf(chunks, root), { code: 'chunk_missing' }, `${name}: it is noticed`);
    const { quarantined, chunks: after } = chunks.stat();
    t.match([quarantined, after], [1, before - 1], `${name}: counted`);
    const into = chunks.beginImport();
    t.equal(await into.keep(root), false, `${name}: it cannot be kept`);
    await told(into, bytes);
    await into.flush();
    if (name === 'plain') t.equal(into.counts.newChunks, 1, 'only the rotten one comes again');
    into.end();
    t.match(chunks.stat(), { quarantined: name === 'plain' ? 0 : Number, rawBytes }, `${name}: put again`);
    const rest = chunks.stat().quarantined;
    t.equal(rest, 0, `${name}: none is missed`);
    if (name === 'plain') t.ok((await bytesOf(chunks, root)).equals(bytes), 'healed');
  }
});

t.test('lines that large things may not cross', async (t) => {
  let freeBytes = 10_000_000;
  const limits = { quotaBytes: 5_000_000, freeBytesMin: 4_000_000, freeBytes: () => freeBytes };
  const chunks = newChunks(t, { limits });
  const bytes = randomBytes(LARGE_BYTES);
  const root = await stored(chunks, 'one', bytes);
  await t.rejects(stored(chunks, 'two', randomBytes(LARGE_BYTES)), { code: 'chunks_quota', advice: /gc/ });
  freeBytes = 4_100_000;
  await t.rejects(stored(chunks, 'two', randomBytes(200_000)), { code: 'chunks_low_space', fields: { freeBytes } });
  t.ok((await bytesOf(chunks, root)).equals(bytes), 'what was accepted is there');
  t.equal(chunks.roots.find('pin', 'two'), null);
  t.equal(chunks.stat().leases, 0, 'and no lease is left');
  await stored(chunks, 'again', bytes);
  t.pass('what is here already needs no room');
});

t.test('a disk that is full', async (t) => {
  const folder = newFolder(t);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder]);
  if (mounted.status !== 0) {
    t.pass('only root may mount');
    return;
  }
  t.teardown(() => void spawnSync('umount', [folder]));
  const path = join(folder, 'chunks.db');
  const chunks = newChunks(t, { path });
  const bytes = randomBytes(2_000_000);
  const root = await stored(chunks, 'one', bytes);
  await t.rejects(stored(chunks, 'two', randomBytes(12_000_000)), { code: 'chunks_full' });
  t.ok((await bytesOf(chunks, root)).equals(bytes));
  chunks.close();
  const again = newChunks(t, { path });
  t.ok((await bytesOf(again, root)).equals(bytes), 'opened again on the full disk');
  t.equal(again.roots.list().length, 1);
});

t.test('two processes put the same at the same time', async (t) => {
  const path = join(newFolder(t), 'chunks.db');
  const children = [1, 2].map((seed) =>
    spawn(process.execPath, [MAIN, path, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const ends = await Promise.all(
    children.map(async (child) => {
      const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      return { code, said };
    }),
  );
  t.strictSame(ends, [
    { code: 0, said: 'whole\n' },
    { code: 0, said: 'whole\n' },
  ]);
  const chunks = newChunks(t, { path });
  const { chunks: count, rawBytes, roots, leases } = chunks.stat();
  const sums = chunks.file.database.prepare('SELECT count(*) AS chunks, sum(length) AS rawBytes FROM chunk').get();
  t.strictSame(sums, { chunks: count, rawBytes }, 'counted right');
  t.match([roots, leases], [2, 0]);
  t.ok(rawBytes < 1.1 * RACE_BYTES, 'each chunk once');
});

t.test('what files looked like, and where copies are', async (t) => {
  const chunks = newChunks(t);
  const look = { device: 1n, inode: 2n ** 63n, bytes: 5, modifiedNs: 10n ** 18n + 1n, changedNs: -1n };
  const path = Buffer.from([0xff, 0x2f, 0x61]);
  const content = { digest: sha256(Buffer.from('c')), height: 0, length: 20_000 };
  const first = chunks.beginSeenWalk('/srv');
  t.equal(first.find(path, look), null);
  first.note(path, look, content);
  t.equal(chunks.beginSeenWalk('/srv').find(path, look), null, 'that walk was not whole');
  const whole = chunks.beginSeenWalk('/srv');
  for (let index = 0; index <= SEEN_BATCH_ROWS_MAX; index += 1) whole.note(Buffer.from(`f${index}`), look, content);
  whole.keep();
  const next = chunks.beginSeenWalk('/srv');
  t.strictSame(next.find(Buffer.from('f0'), look), content);
  t.strictSame(next.find(Buffer.from(`f${SEEN_BATCH_ROWS_MAX}`), look), content);
  for (const [name, value] of Object.entries(look)) {
    const other = { ...look, [name]: typeof value === 'bigint' ? value + 1n : value + 1 };
    t.equal(next.find(Buffer.from('f0'), other), null, name);
  }
  t.equal(chunks.beginSeenWalk('/other').find(Buffer.from('f0'), look), null);
  next.keep();
  t.equal(
    chunks.file.database.prepare('SELECT count(*) FROM seen').pluck().get(),
    0,
    'files that are gone are forgotten',
  );
  const target = { kind: 'snapshot', digest: content.digest } as const;
  chunks.copies.note(target, { node: 'n1', seenMs: 1 });
  chunks.copies.note(target, { node: 'n1', seenMs: 2 });
  t.strictSame(chunks.copies.of(target), [{ node: 'n1', seenMs: 2 }]);
  t.throws(() => chunks.copies.requireElsewhere(target, 2), { code: 'copies_few', fields: { found: 1, least: 2 } });
  t.doesNotThrow(() => chunks.copies.requireElsewhere(target, 1));
  chunks.copies.forget(target, 'n1');
  t.strictSame(chunks.copies.of(target), []);
});

t.test('files that are no chunk store, or another one', async (t) => {
  const folder = newFolder(t);
  const open = (name: string, more: Partial<ChunksOptions> = {}) =>
    newChunks(t, { path: join(folder, name), mayCreate: false, ...more });
  t.throws(() => open('none.db'), { code: 'chunks_missing' });
  t.throws(() => open('none/chunks.db', { mayCreate: true }), { code: 'chunks_missing' });
  writeFileSync(join(folder, 'empty.db'), '');
  t.throws(() => open('empty.db'), { code: 'chunks_missing' });
  writeFileSync(join(folder, 'text.db'), 'hello '.repeat(5000));
  t.throws(() => open('text.db'), { code: 'chunks_damaged' });
  const foreign = new DatabaseConstructor(join(folder, 'foreign.db'));
  foreign.exec('CREATE TABLE chunk (x)');
  foreign.close();
  t.throws(() => open('foreign.db', { mayCreate: true }), { code: 'chunks_foreign' });
  const made = open('made.db', { mayCreate: true });
  t.equal(made.file.database.pragma('synchronous', { simple: true }), 2);
  t.strictSame(Object.keys(made.profiles).sort(), ['image-64k', 'lbfs-8k']);
  t.doesNotThrow(() => open('made.db', { profiles: null }), 'open twice, however it cuts');
  const other = { 'image-64k': CHUNKERS['image-64k'] };
  t.throws(() => open('made.db', { profiles: other }), { code: 'chunks_profiles' });
  made.file.database.pragma('user_version = 9');
  t.throws(() => open('made.db'), { code: 'chunks_newer' });
  made.file.database.pragma('user_version = 1');
  made.file.database.exec('DROP TABLE copy');
  t.throws(() => open('made.db'), { code: 'chunks_damaged' });
  const large = open('large.db', { mayCreate: true });
  large.file.database.exec(`UPDATE meta SET chunks = ${2n ** 63n - 1n}`);
  const into = large.beginImport();
  into.list(sha256(Buffer.from('one')), Buffer.from('one'));
  await t.rejects(into.flush(), { code: 'chunks_damaged' }, 'a count that leaves no room');
  into.end();
  open('rewritten.db', { mayCreate: true }).close();
  const rewritten = new DatabaseConstructor(join(folder, 'rewritten.db'));
  rewritten.exec('PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = 0; VACUUM');
  rewritten.close();
  t.throws(() => open('rewritten.db'), { code: 'chunks_foreign' });
});
