import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import t from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { BLOB_BYTES_MAX, TREE_DEPTH_MAX } from '../../src/base/limits-chunks.ts';
import { newFolder } from '../store/open-store.ts';
import { MemoryChunks, MemorySeen } from './memory-chunks.ts';
import { asNobody, buildTrees, codesOf, create, IS_ROOT, restore } from './trees.ts';

t.before(buildTrees);

/** What was told, as lines of code and path. */
function told({ problems }: Awaited<ReturnType<typeof create>>): readonly string[] {
  return problems.map(({ code, path, text }) => `${code} ${Buffer.from(path).toString()} ${text}`.trim()).sort();
}

t.test('a folder that changes meanwhile is kept as far as it can be', async (t) => {
  const folder = t.testdir({
    outside: { secret: 'secret' },
    tree: { swapped: { file: 'file' }, gone: { file: 'file' } },
  });
  const tree = join(folder, 'tree');
  for (const name of ['grows', 'shrinks', 'vanishes', 'becomes-link', 'becomes-fifo', 'stays']) {
    writeFileSync(join(tree, name), name.repeat(10_000));
  }
  /** Each happens after the file was found, and before it is read. */
  const changes: Readonly<Record<string, (path: string) => void>> = {
    grows: (path) => appendFileSync(path, 'more'),
    shrinks: (path) => truncateSync(path, 20_000),
    vanishes: unlinkSync,
    'becomes-link': (path) => {
      unlinkSync(path);
      symlinkSync('../outside/secret', path);
    },
    'becomes-fifo': (path) => {
      unlinkSync(path);
      execFileSync('mkfifo', [path]);
    },
    swapped: (path) => {
      renameSync(path, join(folder, 'away'));
      symlinkSync('../outside', path);
    },
    gone: (path) => rmSync(path, { recursive: true }),
  };
  const chunks = new MemoryChunks();
  const seen = new MemorySeen();
  const isExcluded = (path: Uint8Array) => {
    const name = Buffer.from(path).toString();
    changes[name]?.(join(tree, name));
    return false;
  };
  const created = await create(tree, chunks, { isExcluded, seen });
  t.strictSame(told(created), [
    'file_changed grows',
    'file_changed shrinks',
    'not_read becomes-fifo ESTALE',
    'not_read becomes-link ELOOP',
    'not_read gone ENOENT',
    'not_read swapped ENOTDIR',
    'not_read vanishes ENOENT',
  ]);
  await restore(created.digest, join(folder, 'back'), chunks);
  t.strictSame(readdirSync(join(folder, 'back')), ['grows', 'shrinks', 'stays']);
  const again = await create(tree, chunks, {
    seen,
    isExcluded: (path) => Buffer.from(path).toString().startsWith('becomes'),
  });
  t.equal(again.counts.filesRead, 2, 'what changed is not taken for seen');
});

t.test('a file that changed just now is read the next time', async (t) => {
  const tree = t.testdir({ file: 'file'.repeat(10_000) });
  const chunks = new MemoryChunks();
  const seen = new MemorySeen();
  const changedMs = Number(execFileSync('stat', ['-c', '%.9Z', join(tree, 'file')], { encoding: 'utf8' })) * 1000;
  await create(tree, chunks, { seen, nowMs: () => changedMs + 2_000 });
  t.equal((await create(tree, chunks, { seen, nowMs: () => changedMs + 2_200 })).counts.filesRead, 1);
  t.equal((await create(tree, chunks, { seen })).counts.filesRead, 0);
});

t.test('a file that changed just before it was read may have changed again since', async (t) => {
  const tree = t.testdir({ file: 'file'.repeat(10_000) });
  const chunks = new MemoryChunks();
  const seen = new MemorySeen();
  const changedMs = Number(execFileSync('stat', ['-c', '%.9Z', join(tree, 'file')], { encoding: 'utf8' })) * 1000;
  const coming = chunks.import();
  let isRead = false;
  const chunk: typeof coming.chunk = (part, bytes) => {
    isRead = true;
    coming.chunk(part, bytes);
  };
  const slow = Object.assign(Object.create(coming), { chunk });
  await create(tree, chunks, { seen, import: slow, nowMs: () => changedMs + (isRead ? 60_000 : 50) });
  t.ok(isRead);
  t.equal((await create(tree, chunks, { seen })).counts.filesRead, 1);
});

t.test('a file of more than a blob may have is left out, and told', async (t) => {
  const folder = t.testdir({ tree: { file: 'file', huge: '' } });
  const tree = join(folder, 'tree');
  truncateSync(join(tree, 'huge'), BLOB_BYTES_MAX + 1);
  const chunks = new MemoryChunks();
  const created = await create(tree, chunks);
  t.strictSame(told(created), ['not_read huge EFBIG']);
  await restore(created.digest, join(folder, 'back'), chunks);
  t.strictSame(readdirSync(join(folder, 'back')), ['file']);
});

t.test('what was seen and is not in the store any more is read', async (t) => {
  const tree = t.testdir({ small: 'small', large: 'large'.repeat(10_000) });
  const seen = new MemorySeen();
  const first = await create(tree, new MemoryChunks(), { seen });
  const chunks = new MemoryChunks();
  const second = await create(tree, chunks, { seen });
  t.equal(second.counts.filesRead, 2);
  t.equal(toHex(second.digest), toHex(first.digest));
  t.strictSame((await restore(second.digest, join(t.testdirName, 'back'), chunks)).problems, []);
});

t.test('excluded, sockets, and names of one file', async (t) => {
  // Not in the folder of the checkout: the path of a socket has 107 bytes at most.
  const folder = newFolder(t);
  const tree = join(folder, 'tree');
  for (const path of ['keep/file', 'skip/file', 'keep.tmp']) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), 'file');
  }
  linkSync(join(tree, 'skip/file'), join(tree, 'zzz'));
  linkSync(join(tree, 'zzz'), join(tree, 'zzzz'));
  const server = createServer().listen(join(tree, 'socket'));
  await once(server, 'listening');
  t.teardown(() => server.close());
  const chunks = new MemoryChunks();
  const asked: string[] = [];
  const isExcluded = (path: Uint8Array, isDirectory: boolean) => {
    const name = Buffer.from(path).toString();
    asked.push(`${name}${isDirectory ? '/' : ''}`);
    return name === 'skip' || name.endsWith('.tmp');
  };
  const created = await create(tree, chunks, { isExcluded });
  t.strictSame(asked, ['keep/', 'keep.tmp', 'skip/', 'socket', 'zzz', 'zzzz', 'keep/file']);
  t.strictSame(told(created), ['left_out socket socket']);
  await restore(created.digest, join(folder, 'back'), chunks);
  t.strictSame(readdirSync(join(folder, 'back')), ['keep', 'zzz', 'zzzz']);
  t.equal(created.counts.others, 1, 'the first name that is kept has the content');
});

t.test('what cannot be read is told', async (t) => {
  if (!IS_ROOT) throw new Error('only root becomes somebody else: run the tests of trees as root');
  const folder = t.testdir({
    tree: { secret: 'secret', open: 'open', closed: { file: 'file' }, blind: { file: 'file' } },
  });
  const tree = join(folder, 'tree');
  chmodSync(join(tree, 'secret'), 0o600);
  chmodSync(join(tree, 'closed'), 0o700);
  chmodSync(join(tree, 'blind'), 0o744);
  const chunks = new MemoryChunks();
  const created = await asNobody(() => create(tree, chunks));
  t.strictSame(told(created), ['not_read blind EACCES', 'not_read closed EACCES', 'not_read secret EACCES']);
  t.equal(created.counts.files, 1);
  chmodSync(tree, 0o700);
  await t.rejects(
    asNobody(() => create(tree, chunks)),
    { code: 'folder_not_read', fields: { error: 'EACCES' } },
  );
});

t.test('as somebody else, owners and devices stay out', async (t) => {
  if (!IS_ROOT) throw new Error('for root: run the tests of trees as root');
  const folder = t.testdir({ tree: { file: 'file' }, free: {} });
  const [tree, free] = [join(folder, 'tree'), join(folder, 'free')];
  execFileSync('sh', ['-c', 'mknod null c 1 3; cp file setuid; chmod 4755 setuid; mkdir -m 0500 closed'], {
    cwd: tree,
  });
  chmodSync(free, 0o777);
  const chunks = new MemoryChunks();
  const { digest } = await create(tree, chunks);
  const restored = await asNobody(() => restore(digest, join(free, 'back'), chunks));
  t.strictSame(codesOf(restored), ['not_made', 'owner_not_set', 'set_id_left_out']);
  const listed = execFileSync('find', ['.', '-printf', '%p %m %U\\n'], { cwd: join(free, 'back'), encoding: 'utf8' });
  t.strictSame(listed.trim().split('\n').sort(), [
    '. 755 65534',
    './closed 500 65534',
    './file 644 65534',
    './setuid 755 65534',
  ]);
  const quiet = { allow: { devices: false, owners: false } };
  const silent = await asNobody(() => restore(digest, join(free, 'other'), chunks, quiet));
  t.strictSame(codesOf(silent), ['device_not_allowed', 'set_id_left_out'], 'owners nobody asked for');
});

t.test('one filesystem', async (t) => {
  if (!IS_ROOT) throw new Error('root mounts: run the tests of trees as root');
  const folder = t.testdir({ tree: { mounted: {}, own: { file: 'file' } } });
  const mounted = join(folder, 'tree/mounted');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=0711', 'none', mounted]);
  try {
    writeFileSync(join(mounted, 'file'), 'file');
    const chunks = new MemoryChunks();
    t.equal((await create(join(folder, 'tree'), chunks)).counts.files, 2);
    const { counts, digest } = await create(join(folder, 'tree'), chunks, { isOneFilesystem: true });
    t.equal(counts.files, 1);
    await restore(digest, join(folder, 'back'), chunks);
    t.strictSame(readdirSync(join(folder, 'back/mounted')), []);
  } finally {
    execFileSync('umount', [mounted]);
  }
});

t.test('deeper than a path may be', async (t) => {
  const folder = t.testdir();
  const names = 258;
  const script = `import os
os.mkdir('tree'); os.chdir('tree')
for at in range(${names}): os.mkdir('n' * 255); os.chdir('n' * 255); open('file', 'w').write(str(at))`;
  try {
    execFileSync('python3', ['-c', script], { cwd: folder });
    const chunks = new MemoryChunks();
    const created = await create(join(folder, 'tree'), chunks);
    t.strictSame(
      created.problems.map(({ code, path, text }) => [code, path.length, text]),
      [['not_read', TREE_DEPTH_MAX * 256 - 1, 'ENAMETOOLONG']],
    );
    t.equal(created.counts.files, TREE_DEPTH_MAX - 1);
    t.strictSame((await restore(created.digest, join(folder, 'back'), chunks)).problems, []);
    const again = await create(join(folder, 'back'), chunks);
    t.equal(toHex(again.digest), toHex(created.digest));
  } finally {
    // Node would not get there to take it away.
    execFileSync('rm', ['-rf', 'tree', 'back'], { cwd: folder });
  }
});
