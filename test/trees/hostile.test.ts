import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { Content, Entry } from '../../src/chunks/tree/entry.ts';
import { isBefore } from '../../src/trees/paths.ts';
import { bent, bytes, contentOf, directory, file, link, META, snapshotOf, streamOf, symlink } from './hostile.ts';
import { MemoryChunks } from './memory-chunks.ts';
import { buildTrees, codesOf, restore } from './trees.ts';

t.before(buildTrees);

/** All that is there, with what it holds and where it leads. */
function picture(folder: string): string {
  const list = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%p %y %m %s %n %T@ %l\\0'], {
    cwd: folder,
    encoding: 'latin1',
  });
  const sums = execFileSync('sh', ['-c', 'find . -type f -exec sha256sum {} +'], { cwd: folder, encoding: 'latin1' });
  return `${list.split('\0').sort().join('\n')}\n${sums.split('\n').sort().join('\n')}`;
}

/** A folder beside the target, with something that is not to be touched. */
function guarded(t: Test) {
  const parent = t.testdir({ outside: { secret: 'secret', inner: {} } });
  return { parent, target: join(parent, 'target'), outside: join(parent, 'outside') };
}

const REFUSED: readonly (readonly [what: string, stream: Uint8Array, code: string])[] = [
  ['a name that leads out', bent({ n: bytes('..') }), 'entry_form'],
  ['a name with a slash', bent({ n: bytes('../outside/secret') }), 'entry_form'],
  ['a name from the top', bent({ n: bytes('/tmp') }), 'entry_form'],
  ['the directory itself', bent({ n: bytes('.') }), 'entry_form'],
  ['no name', bent({ n: bytes('') }), 'entry_form'],
  ['a name with a zero', bent({ n: bytes('a\0b') }), 'entry_form'],
  ['a name too long', bent({ n: bytes('n'.repeat(256)) }), 'entry_form'],
  ['more rights than there are', bent({ m: 0o100644 }), 'entry_form'],
  [
    'an attribute named twice',
    bent({
      x: [
        [bytes('user.a'), bytes('')],
        [bytes('user.a'), bytes('')],
      ],
    }),
    'entry_form',
  ],
  ['an attribute with a zero', bent({ x: [[bytes('user.a\0b'), bytes('')]] }), 'entry_form'],
  ['a target with a zero', bent({ t: 'l', to: bytes('a\0b'), c: undefined }), 'entry_form'],
  ['a field too many', bent({ zz: 1 }), 'entry_form'],
  ['one name twice', streamOf(file('a'), file('a', 'other')), 'directory_form'],
  [
    'a link, and a directory of its name',
    streamOf(symlink('a', '../outside'), directory('a', file('b'))),
    'directory_form',
  ],
  ['names out of order', streamOf(file('b'), file('a')), 'directory_form'],
  ['half an entry', streamOf(file('a')).subarray(0, 30), 'directory_form'],
  ['a link to what comes later', streamOf(link('a', 'b'), file('b')), 'hardlink_order'],
  ['a link to itself', streamOf(link('a', 'a')), 'hardlink_order'],
  ['a link into what comes later', streamOf(link('a', 'b/c'), directory('b', file('c'))), 'hardlink_order'],
];

t.test('a snapshot that is not well-formed leaves nothing', async (t) => {
  const { parent, target } = guarded(t);
  const before = picture(parent);
  for (const [what, stream, code] of REFUSED) {
    const chunks = new MemoryChunks();
    const good = streamOf(directory('Good', file('inside')));
    const digest = snapshotOf(chunks, Buffer.concat([good, stream]));
    await t.rejects(restore(digest, target, chunks), { code }, what);
    t.equal(picture(parent), before, `${what}: nothing is left`);
    mkdirSync(target);
    await t.rejects(restore(digest, target, chunks, { mode: 'into' }), { code }, `${what}, in place`);
    rmSync(target, { recursive: true });
    t.equal(picture(parent), before, `${what}: nothing else has changed`);
  }
});

t.test('no link leads out', async (t) => {
  const { parent, target, outside } = guarded(t);
  const before = picture(outside);
  const chunks = new MemoryChunks();
  const stream = streamOf(
    symlink('a', '../outside'),
    directory('b', file('c')),
    link('d', 'a/secret'),
    link('e', 'a/inner'),
    link('f', 'b'),
    link('g', 'a'),
    link('h', 'b/c'),
  );
  const restored = await restore(snapshotOf(chunks, stream), target, chunks);
  t.strictSame(codesOf(restored), ['not_made']);
  t.strictSame(
    restored.problems.map(({ path }) => Buffer.from(path).toString()),
    ['d', 'e', 'f'],
  );
  t.strictSame(readdirSync(target), ['a', 'b', 'g', 'h']);
  t.equal(readlinkSync(join(target, 'g')), '../outside');
  t.equal(statSync(join(target, 'h')).ino, statSync(join(target, 'b/c')).ino);
  t.equal(picture(outside), before);
  t.strictSame(readdirSync(parent).sort(), ['outside', 'target']);
});

t.test('in place, links that are there are replaced and not followed', async (t) => {
  const { parent, target, outside } = guarded(t);
  const before = picture(outside);
  mkdirSync(target);
  writeFileSync(join(target, '0-private'), 'private', { mode: 0o600 });
  writeFileSync(join(target, 'stays'), 'stays');
  mkdirSync(join(target, 'full'));
  writeFileSync(join(target, 'full/file'), 'of a directory that is in the way');
  symlinkSync('../outside', join(target, 'folder'));
  symlinkSync('../outside/secret', join(target, 'file'));
  symlinkSync('../outside/new', join(target, 'fifo'));
  const chunks = new MemoryChunks();
  const stream = streamOf(
    { name: bytes('fifo'), kind: 'fifo', meta: META },
    file('file', 'ours'),
    directory('folder', directory('inner', file('deeper')), file('secret', 'ours')),
    file('full'),
    link('published', '0-private'),
  );
  const restored = await restore(snapshotOf(chunks, stream), target, chunks, { mode: 'into' });
  t.strictSame(
    restored.problems.map(({ code, path }) => [code, Buffer.from(path).toString()]),
    [
      ['not_made', 'folder'],
      ['not_made', 'full'],
      ['not_made', 'published'],
    ],
    'what was not of the snapshot is not given another name',
  );
  t.equal(readFileSync(join(target, 'file'), 'utf8'), 'ours');
  t.equal(readFileSync(join(target, 'stays'), 'utf8'), 'stays');
  t.ok(statSync(join(target, 'fifo')).isFIFO());
  t.equal(readlinkSync(join(target, 'folder')), '../outside');
  t.equal(picture(outside), before);
  t.strictSame(readdirSync(parent).sort(), ['outside', 'target']);
  t.strictSame(readdirSync(target), ['0-private', 'fifo', 'file', 'folder', 'full', 'stays'], 'and no part is left');
});

t.test('what is not allowed is left out, and told', async (t) => {
  const { target } = guarded(t);
  const chunks = new MemoryChunks();
  const named = (name: string, value = '1') => ({ name: bytes(name), value: bytes(value) });
  const attributes = [
    named('security.capability', '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0'),
    named('security.selinux', 'unconfined'),
    named('system.other'),
    named('trusted.note'),
    named('user.note'),
  ];
  const stream = streamOf(
    { name: bytes('disk'), kind: 'block', meta: META, major: 254, minor: 0 },
    { name: bytes('memory'), kind: 'character', meta: META, major: 1, minor: 1 },
    {
      ...(file('program') as Extract<Entry, { kind: 'file' }>),
      meta: { ...META, mode: 0o6755, uid: 1234, attributes },
    },
  );
  const allow = { devices: false, owners: false };
  const restored = await restore(snapshotOf(chunks, stream), target, chunks, { allow });
  t.strictSame(codesOf(restored), ['attribute_not_allowed', 'device_not_allowed', 'set_id_left_out']);
  t.strictSame(
    restored.problems.filter(({ code }) => code === 'attribute_not_allowed').map(({ text }) => text),
    ['security.capability', 'security.selinux', 'system.other', 'trusted.note'],
  );
  t.strictSame(readdirSync(target), ['program']);
  const { mode, uid } = statSync(join(target, 'program'));
  t.equal(mode & 0o7777, 0o755);
  t.equal(uid, process.getuid?.());
  const shown = execFileSync('getfattr', ['-d', '-m', '-', 'program'], { cwd: target, encoding: 'utf8' });
  t.match(shown, /user\.note/);
  t.notMatch(shown, /security|trusted|system/);
});

t.test('what unfolds without end is refused before it is there', async (t) => {
  const { parent, target } = guarded(t);
  const before = picture(parent);
  const chunks = new MemoryChunks();
  const padding = Array.from({ length: 40 }, (_, at) => file(`z${at + 100}`, '-'.repeat(500)));
  let content = contentOf(chunks, streamOf(...padding));
  for (let height = 0; height < 40; height += 1) {
    const both = ['a', 'b'].map((name): Entry => ({ name: bytes(name), kind: 'directory', meta: META, content }));
    content = contentOf(chunks, streamOf(...both, ...padding));
  }
  const wide = snapshotOf(chunks, streamOf({ name: bytes('bomb'), kind: 'directory', meta: META, content }));
  await t.rejects(restore(wide, target, chunks, { entriesMax: 1000 }), { code: 'restore_over_limit' });
  t.equal(picture(parent), before);

  const large = contentOf(chunks, new Uint8Array(200_000));
  const files = Array.from({ length: 9 }, (_, at): Entry => {
    return { name: bytes(`${at}`), kind: 'file', meta: META, content: large, hasHoles: true };
  });
  const heavy = snapshotOf(chunks, streamOf(...files));
  await t.rejects(restore(heavy, target, chunks, { bytesMax: 8 * 200_000 }), { code: 'restore_over_limit' });
  t.equal((await restore(heavy, join(parent, 'enough'), chunks, { bytesMax: 9 * 200_000 })).counts.files, 9);
  rmSync(join(parent, 'enough'), { recursive: true });

  let nested = directory('d');
  for (let depth = 1; depth < 256; depth += 1) {
    nested = { name: bytes('d'), kind: 'directory', meta: META, content: contentOf(chunks, streamOf(nested)) };
  }
  const deep = snapshotOf(chunks, streamOf(nested));
  await t.rejects(restore(deep, target, chunks), { code: 'tree_deep' });
  t.equal(picture(parent), before);
});

t.test('lengths and digests that lie end it', async (t) => {
  const { parent, target } = guarded(t);
  const before = picture(parent);
  const chunks = new MemoryChunks();
  const data = Buffer.alloc(20_000, 'x');
  const digest = chunks.put(data);
  const withContent = (content: Content) =>
    snapshotOf(chunks, streamOf({ name: bytes('file'), kind: 'file', meta: META, content, hasHoles: false }));
  const longer = withContent({ digest, height: 0, length: 30_000 });
  await t.rejects(restore(longer, target, chunks), { code: 'list_form' });
  t.equal(picture(parent), before);
  const list = withContent({ digest, height: 1, length: 20_000 });
  await t.rejects(restore(list, target, chunks), { code: /^(list_form|cbor_.*)$/ });
  t.equal(picture(parent), before);
  await t.rejects(restore(digest, target, chunks), { code: /^(snapshot_form|cbor_.*)$/ });
  await t.rejects(restore(Buffer.alloc(32), target, chunks), { code: 'chunk_missing' });
  t.equal(picture(parent), before);
  const fetch = async (wanted: Uint8Array) => {
    const kept = await chunks.fetch(wanted);
    return kept?.length === data.length ? Buffer.alloc(data.length, 'y') : kept;
  };
  const right = withContent({ digest, height: 0, length: 20_000 });
  const rotten = await restore(right, target, chunks, { fetch });
  t.match(rotten, { problems: [{ code: 'content_lost' }], missingCount: 1, counts: { files: 0, bytes: 0 } });
  t.strictSame(readdirSync(target), [], 'no wrong bytes');
});

t.test('paths have the order of the walk', (t) => {
  const name = fc
    .uint8Array({ minLength: 1, maxLength: 3 })
    .map((one) => one.map((byte) => (byte % 4) + 0x2d).map((byte) => (byte === 0x2f ? 0x61 : byte)));
  const path = fc.array(name, { minLength: 1, maxLength: 4 });
  const joined = (names: readonly Uint8Array[]) =>
    Buffer.from(names.map((one) => Buffer.from(one).toString('latin1')).join('/'), 'latin1');
  const order = (a: readonly Uint8Array[], b: readonly Uint8Array[]): number => {
    for (const [at, one] of a.entries()) {
      const other = b[at];
      if (other === undefined) return 1;
      const compared = Buffer.compare(one, other);
      if (compared !== 0) return compared;
    }
    return a.length - b.length;
  };
  fc.assert(
    fc.property(path, path, (a, b) => {
      t.equal(isBefore(joined(a), joined(b)), order(a, b) < 0);
    }),
  );
  t.end();
});
