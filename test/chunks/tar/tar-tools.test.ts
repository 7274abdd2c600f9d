import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CHUNK_BYTES_MAX } from '../../../src/base/limits-chunks.ts';
import { ListWriter } from '../../../src/chunks/list-writer.ts';
import { exportTar } from '../../../src/chunks/tar/export.ts';
import { importTar, type TarSnapshot } from '../../../src/chunks/tar/import.ts';
import { tarMembers } from '../../../src/chunks/tar/members.ts';
import type { Entry } from '../../../src/chunks/tree/entry.ts';
import { framedEntry } from '../../../src/chunks/tree/entry-stream.ts';
import type { RootDirectory } from '../../../src/chunks/tree/snapshot.ts';
import { sha256 } from '../../../src/format/ids.ts';
import { openTarShelf } from '../../../src/store/chunks/tar-shelf.ts';
import { bytes, hex, MemoryChunks, makeChunker, metaOf } from '../tree-parts.ts';
import { differences, GNU, makeFullTree, makePlainTree, run } from './full-tree.ts';

async function imported(path: string, chunks: MemoryChunks, folder: string): Promise<TarSnapshot> {
  const shelf = openTarShelf(folder);
  try {
    return await importTar(createReadStream(path), { importing: chunks, shelf, makeChunker });
  } finally {
    shelf.close();
  }
}

async function exported(snapshot: TarSnapshot, chunks: MemoryChunks, path: string): Promise<Buffer> {
  const archive = Buffer.concat(await Array.fromAsync(exportTar(snapshot.root, chunks.fetch)));
  writeFileSync(path, archive);
  return archive;
}

t.test('archives of the plain formats, by both tools, are one snapshot', async (t) => {
  const folder = t.testdir();
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  makePlainTree(tree);
  const chunks = new MemoryChunks();
  const ids = new Map<string, string>();
  const made: readonly (readonly [string, ...(readonly string[])])[] = [
    ['tar', '--format=v7'],
    ['tar', '--format=ustar'],
    ['tar', '--format=oldgnu'],
    ['tar', '--format=gnu', '--sort=name'],
    ['tar', '--format=gnu', '--sort=inode', '--blocking-factor=500'],
    ['bsdtar', '--format=ustar'],
    ['bsdtar', '--format=gnutar'],
    ['bsdtar', '--format=v7'],
  ];
  for (const [program, ...options] of made) {
    const path = join(folder, 'made.tar');
    run(program, ...options, '-cf', path, '-C', tree, '.');
    const snapshot = await imported(path, chunks, folder);
    ids.set([program, ...options].join(' '), hex(snapshot.digest));
    t.strictSame(snapshot.passedOver, []);
  }
  t.equal(new Set(ids.values()).size, 1, JSON.stringify([...ids], null, 1));
});

t.test('what pax can hold comes back from us as it was, by both tools', async (t) => {
  const folder = t.testdir();
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  makeFullTree(tree);
  const archives: readonly (readonly [string, ...(readonly string[])])[] = [
    ['tar', '--format=posix', '--sparse', ...GNU],
    ['tar', '--format=posix', '--sparse', '--sparse-version=0.0', ...GNU],
    ['tar', '--format=posix', '--sparse', '--sparse-version=0.1', ...GNU],
    ['bsdtar', '--format=pax', '--xattrs', '--read-sparse', '--numeric-owner'],
  ];
  const ids = new Set<string>();
  for (const [index, [program, ...options]] of archives.entries()) {
    const chunks = new MemoryChunks();
    const path = join(folder, `made-${index}.tar`);
    run(program, ...options, '-cf', path, '-C', tree, '.');
    const snapshot = await imported(path, chunks, folder);
    ids.add(hex(snapshot.digest));
    const archive = await exported(snapshot, chunks, join(folder, 'ours.tar'));
    const again = await imported(join(folder, 'ours.tar'), chunks, folder);
    t.equal(hex(again.digest), hex(snapshot.digest), `${program} ${options.join(' ')}: the same snapshot`);
    t.ok(archive.equals(await exported(again, chunks, join(folder, 'ours.tar'))), 'and the same archive');
  }
  t.equal(ids.size, 1, 'whoever wrote it');
  const ours = join(folder, 'ours.tar');
  for (const [program, ...options] of [
    ['tar', '-p', '--same-owner', ...GNU],
    ['bsdtar', '-p', '--same-owner', '--numeric-owner', '--xattrs'],
  ] as const) {
    const out = join(folder, `by ${program}`);
    mkdirSync(out);
    run(program, ...options, '-xf', ours, '-C', out);
    // bsdtar sets no time of `./`, in its own archives either.
    if (program === 'bsdtar') run('touch', '-r', tree, out);
    t.equal(differences(tree, out), '', `${program} lays it out as it was`);
  }
});

t.test('what one of the tools alone can hold', async (t) => {
  const folder = t.testdir();
  const tree = Buffer.from(join(folder, 'tree'));
  const at = (name: string) => Buffer.concat([tree, Buffer.from(`/${name}`, 'latin1')]);
  mkdirSync(tree);
  writeFileSync(at('short \xff\xfe'), 'not UTF-8');
  writeFileSync(at(`long ${'\xff'.repeat(200)}`), 'not UTF-8 either');
  linkSync(at(`long ${'\xff'.repeat(200)}`), at(`longer ${'\xff'.repeat(200)}`));
  writeFileSync(at('sign'), 'of attributes');
  run('setfattr', '-n', 'user.a=b%c%3D', '-v', 'x=y', join(folder, 'tree/sign'));
  run('touch', '-d', '1969-12-31 23:59:58.250000000 UTC', join(folder, 'tree/sign'));
  run('touch', '-d', '2001-02-03 04:05:06 UTC', String(tree));
  const chunks = new MemoryChunks();
  run('tar', '--format=posix', ...GNU, '-cf', join(folder, 'made.tar'), '-C', String(tree), '.');
  const snapshot = await imported(join(folder, 'made.tar'), chunks, folder);
  await exported(snapshot, chunks, join(folder, 'ours.tar'));
  t.equal(hex((await imported(join(folder, 'ours.tar'), chunks, folder)).digest), hex(snapshot.digest));
  mkdirSync(join(folder, 'gnu'));
  run('tar', '-p', ...GNU, '-xf', join(folder, 'ours.tar'), '-C', join(folder, 'gnu'));
  t.equal(differences(String(tree), join(folder, 'gnu')), '');
  mkdirSync(join(folder, 'bsd'));
  run('bsdtar', '-p', '-xf', join(folder, 'ours.tar'), '-C', join(folder, 'bsd'));
  const names = (path: string) => readdirSync(path, 'buffer').map((name) => name.toString('hex'));
  t.strictSame(names(join(folder, 'bsd')), names(String(tree)), 'names are bytes to bsdtar too');
  const python =
    "import sys, tarfile; print([(m.name.encode('utf-8', 'surrogateescape').hex(), m.mtime) for m in tarfile.open(sys.argv[1])])";
  const seen = run('python3', '-c', python, join(folder, 'ours.tar'));
  for (const name of names(String(tree))) t.ok(seen.includes(name), 'and to Python');
  t.match(seen, /-1\.75/);
});

t.test('holes of every form of GNU tar, in more runs than a header has room for', async (t) => {
  const folder = t.testdir();
  mkdirSync(join(folder, 'tree'));
  const file = openSync(join(folder, 'tree/holes'), 'w');
  for (let at = 0; at < 60; at += 1) writeSync(file, `data ${at}`, at * 40_960 + 8192);
  ftruncateSync(file, 60 * 40_960 + 100_001);
  closeSync(file);
  writeFileSync(join(folder, 'tree/none'), '');
  const file2 = openSync(join(folder, 'tree/only a hole'), 'w');
  ftruncateSync(file2, 200_000);
  closeSync(file2);
  const ids = new Set<string>();
  for (const options of [['gnu'], ['oldgnu'], ['posix', '0.0'], ['posix', '0.1'], ['posix', '1.0']]) {
    const [format, version] = options;
    const path = join(folder, 'made.tar');
    const more = version === undefined ? [] : [`--sparse-version=${version}`];
    run(
      'tar',
      `--format=${format}`,
      ...more,
      '--mtime=2001-01-01',
      '--sparse',
      '-cf',
      path,
      '-C',
      join(folder, 'tree'),
      '.',
    );
    const chunks = new MemoryChunks();
    const snapshot = await imported(path, chunks, folder);
    ids.add(hex(snapshot.digest));
    await exported(snapshot, chunks, join(folder, 'ours.tar'));
  }
  t.equal(ids.size, 1);
  t.ok(statSync(join(folder, 'ours.tar')).size < 400_000, 'zeros are left out');
  for (const program of ['tar', 'bsdtar']) {
    mkdirSync(join(folder, program));
    run(program, '-xf', join(folder, 'ours.tar'), '-C', join(folder, program));
    run('cmp', join(folder, 'tree/holes'), join(folder, program, 'holes'));
    run('cmp', join(folder, 'tree/only a hole'), join(folder, program, 'only a hole'));
    t.ok(statSync(join(folder, program, 'holes')).blocks * 512 < 1_000_000, `${program} lays out the holes`);
  }
});

t.test('sizes that eleven digits cannot tell', async (t) => {
  const folder = t.testdir();
  const length = 9 * 1024 ** 3;
  writeFileSync(join(folder, 'large'), '');
  truncateSync(join(folder, 'large'), length);
  for (const format of ['gnu', 'posix']) {
    const tar = spawn('tar', [`--format=${format}`, '-cf', '-', '-C', folder, 'large'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    for await (const member of tarMembers(tar.stdout)) {
      t.equal(member.bytes, length, format);
      break;
    }
    tar.kill();
  }
  const chunks = new MemoryChunks();
  const chunk = new Uint8Array(CHUNK_BYTES_MAX);
  const part = { digest: sha256(chunk), length: chunk.length };
  chunks.chunk(part, chunk);
  const lists = new ListWriter((digest, bytes) => chunks.list(digest, bytes));
  for (let at = 0; at < length; at += chunk.length) lists.add(part);
  const blob = lists.end();
  if (blob === null) throw new Error('no blob');
  const entry: Entry = { name: bytes('large'), kind: 'file', meta: metaOf(), hasHoles: false, content: blob };
  const root: RootDirectory = { kind: 'directory', meta: metaOf(), content: { inline: framedEntry(entry) } };
  for await (const piece of exportTar(root, chunks.fetch)) {
    // Both say what they see, and then that the rest is missing.
    for (const program of ['tar', 'bsdtar']) {
      t.match(spawnSync(program, ['-tvf', '-'], { input: piece, encoding: 'utf8' }).stdout, ` ${length} `, program);
    }
    break;
  }
});
