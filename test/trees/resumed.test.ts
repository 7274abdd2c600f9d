import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { sha256 } from '../../src/format/ids.ts';
import { MemoryChunks } from './memory-chunks.ts';
import { asNobody, buildTrees, create, IS_ROOT, restore, rsyncSays, statsOf } from './trees.ts';

t.before(buildTrees);

/** Directories 00 to 29 with ten small files and a larger one each, and a link of each to the first. */
async function manyFiles(t: Test) {
  const folder = t.testdir({ tree: {} });
  const tree = join(folder, 'tree');
  const script = `for at in $(seq -w 0 29); do mkdir $at; head -c 40000 /dev/urandom > $at/large
    for file in $(seq 0 9); do echo $at $file > $at/$file; done; ln 00/large $at/link; ln -s large $at/symlink; done
    chmod 0500 07; chmod 0400 08/large; touch -d 2001-02-03 *`;
  execFileSync('sh', ['-c', script.replace('ln 00/large $at/link', 'ln $at/large $at/link')], { cwd: tree });
  const chunks = new MemoryChunks();
  const { digest } = await create(tree, chunks);
  return { folder, tree, target: join(folder, 'back'), chunks, digest };
}

/** How many files of a draft are as they should be, not counting names that are links. */
function intactFiles(draft: string, tree: string): number {
  const all = execFileSync('find', ['.', '-type', 'f', '!', '-name', 'link'], { cwd: draft, encoding: 'utf8' });
  const paths = all.trim().split('\n');
  return paths.filter((path) => {
    const right = join(tree, path);
    return existsSync(right) && readFileSync(join(draft, path)).equals(readFileSync(right));
  }).length;
}

/** Restores until two thirds of the directories are told; what was sent of that, and done, is for chance. */
async function cutShort(t: Test, made: Awaited<ReturnType<typeof manyFiles>>): Promise<string> {
  const cut = new AbortController();
  const run = restore(made.digest, made.target, made.chunks, {
    signal: cut.signal,
    onProgress: ({ directories }) => {
      if (directories > 20) cut.abort();
    },
  });
  await t.rejects(run, { code: 'trees_cut' });
  t.notOk(existsSync(made.target));
  const drafts = readdirSync(made.folder).filter((name) => name.startsWith('.blockmesh-restore-'));
  t.equal(drafts.length, 1);
  return join(made.folder, drafts[0] ?? '');
}

t.test('a run that was cut goes on, and trusts nothing but what it reads', async (t) => {
  const made = await manyFiles(t);
  const { tree, target, chunks, digest } = made;
  const draft = await cutShort(t, made);
  // As after a power cut: lengths and times are right, and the bytes are not.
  writeFileSync(join(draft, '01/large'), Buffer.alloc(40_000));
  execFileSync('touch', ['-r', join(tree, '01/large'), join(draft, '01/large')]);
  writeFileSync(join(draft, '02/large'), '');
  writeFileSync(join(draft, '03/5'), '3 6\n');
  writeFileSync(join(draft, '04/.blockmesh-trees.part'), 'half of a file');
  writeFileSync(join(draft, '05/5'), '05 5\nand more');
  const intact = intactFiles(draft, tree);
  chmodSync(join(draft, '06'), 0);
  const restored = await restore(digest, target, chunks);
  t.strictSame(restored.problems, []);
  t.equal(restored.counts.filesKept, intact);
  t.ok(intact > 60, `${intact} files were whole`);
  t.equal(rsyncSays(tree, target), '');
  t.equal(statsOf(target), statsOf(tree));
  t.notOk(existsSync(draft));
});

t.test('chunks that were there once need not be there again', async (t) => {
  const made = await manyFiles(t);
  const draft = await cutShort(t, made);
  const whole = readdirSync(draft).filter((name) => existsSync(join(draft, name, 'large')));
  t.ok(whole.length > 5);
  const asked = new Set<string>();
  const fetch = (digest: Uint8Array) => {
    asked.add(toHex(digest));
    return made.chunks.fetch(digest);
  };
  await restore(made.digest, made.target, made.chunks, { fetch });
  for (const name of whole) t.notOk(asked.has(toHex(sha256(readFileSync(join(made.tree, name, 'large'))))), name);
});

t.test('what is lost is left out and told, all else comes, and the rest may come later', async (t) => {
  const { folder, tree, target, chunks, digest } = await manyFiles(t);
  const [hidden] = [...chunks.kept].filter(([, bytes]) => bytes.length === 40_000);
  if (hidden === undefined) throw new Error('no chunk');
  chunks.kept.delete(hidden[0]);
  const restored = await restore(digest, target, chunks);
  const told = restored.problems.map(({ code, path }) => `${code} ${Buffer.from(path).toString()}`);
  const lost = told[0]?.slice('content_lost '.length) ?? '';
  const at = lost.slice(0, 2);
  t.strictSame(told, [`content_lost ${at}/large`, `not_made ${at}/link`]);
  t.match(restored, { missingCount: 2, counts: { files: 30 * 11 - 1 } });
  t.strictSame(readdirSync(folder), ['back', 'tree']);
  t.strictSame(
    readdirSync(join(target, at)),
    readdirSync(join(tree, at)).filter((name) => name !== 'large' && name !== 'link'),
  );
  chunks.kept.set(...hidden);
  t.strictSame((await restore(digest, target, chunks, { mode: 'into' })).problems, []);
  t.equal(rsyncSays(tree, target), '');
});

t.test('a directory that is lost leaves the others, and a run that goes on does not stumble over lists', async (t) => {
  const folder = t.testdir({ tree: {} });
  const tree = join(folder, 'tree');
  execFileSync('sh', ['-c', 'mkdir a b; for at in $(seq 2000); do echo $at > a/file-$at-$at; done; echo b > b/b'], {
    cwd: tree,
  });
  execFileSync('sh', ['-c', 'head -c 3000000 /dev/urandom > b/large'], { cwd: tree });
  const chunks = new MemoryChunks();
  const { digest } = await create(tree, chunks);
  const target = join(folder, 'back');
  t.strictSame((await restore(digest, join(folder, 'whole'), chunks)).problems, []);
  // A draft that has it all: each file is compared by its lists.
  const key = sha256(Buffer.concat([digest, Buffer.from('back')]));
  execFileSync('mv', ['whole', `.blockmesh-restore-${toHex(key).slice(0, 24)}`], { cwd: folder });
  for (const [key, bytes] of chunks.kept) {
    const text = Buffer.from(bytes);
    if (text.includes('file-1999-1999') || text.includes('lengths')) chunks.kept.delete(key);
  }
  const restored = await restore(digest, target, chunks);
  t.ok(restored.counts.filesKept > 0);
  t.match(
    restored.problems.map(({ code, path }) => `${code} ${Buffer.from(path).toString()}`),
    ['content_lost a', 'content_lost b/large'],
  );
  t.equal(readFileSync(join(target, 'b/b'), 'utf8'), 'b\n');
});

t.test('two runs at once, and a draft that somebody else made', async (t) => {
  const made = await manyFiles(t);
  const draft = await cutShort(t, made);
  const holder = spawn('flock', [draft, 'sh', '-c', 'echo held; read line'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  await t.rejects(restore(made.digest, made.target, made.chunks), { code: 'restore_busy' });
  holder.stdin.end();
  await once(holder, 'exit');
  if (IS_ROOT) {
    chmodSync(made.folder, 0o777);
    const other = asNobody(() => restore(made.digest, made.target, made.chunks));
    await t.rejects(other, { code: /^restore_(draft_foreign|target_unreachable)$/ });
    execFileSync('chown', ['65534', draft]);
    await t.rejects(restore(made.digest, made.target, made.chunks), { code: 'restore_draft_foreign' });
  }
  t.ok(existsSync(draft));
});

t.test('a target that is taken stays as it is', async (t) => {
  const { folder, tree, chunks, digest } = await manyFiles(t);
  mkdirSync(join(folder, 'full'));
  writeFileSync(join(folder, 'full/file'), 'mine');
  writeFileSync(join(folder, 'file'), 'mine');
  mkdirSync(join(folder, 'empty'));
  await t.rejects(restore(digest, join(folder, 'full'), chunks), { code: 'restore_target_taken' });
  await t.rejects(restore(digest, join(folder, 'file'), chunks), { code: 'restore_target_taken' });
  await t.rejects(restore(digest, join(folder, 'no/such'), chunks), { code: 'restore_target_unreachable' });
  await t.rejects(restore(digest, join(folder, 'none'), chunks, { mode: 'into' }), {
    code: 'restore_target_unreachable',
  });
  await restore(digest, join(folder, 'empty'), chunks);
  t.equal(rsyncSays(tree, join(folder, 'empty')), '');
  t.equal(readFileSync(join(folder, 'full/file'), 'utf8'), 'mine');
  t.strictSame(readdirSync(folder), ['empty', 'file', 'full', 'tree']);
});

t.test('in place over an older state', async (t) => {
  const { folder, tree, chunks, digest } = await manyFiles(t);
  const target = join(folder, 'older');
  execFileSync('cp', ['-a', tree, target]);
  execFileSync(
    'sh',
    ['-c', 'echo other > 00/5; rm 01/*; rm -r 02; chmod 0 03/1; ln 00/0 outside; setfattr -n user.old -v 1 04'],
    {
      cwd: target,
    },
  );
  const restored = await restore(digest, target, chunks, { mode: 'into' });
  t.strictSame(restored.problems, []);
  t.equal(rsyncSays(tree, target).replace(/^\.d.*\/$\n?/gm, ''), '*deleting   outside\n');
  t.equal(statSync(join(target, 'outside')).nlink, 1, 'what had another name keeps its own content');
});

t.test('a disk that is full ends it, and what came stays for later', async (t) => {
  if (!IS_ROOT) throw new Error('root mounts: run the tests of trees as root');
  const { folder, chunks, digest } = await manyFiles(t);
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'none', disk]);
  try {
    await t.rejects(restore(digest, join(disk, 'back'), chunks), {
      code: 'tree_not_written',
      fields: { error: 'ENOSPC' },
    });
    execFileSync('mount', ['-o', 'remount,size=20m', disk]);
    const { counts, problems } = await restore(digest, join(disk, 'back'), chunks);
    t.strictSame(problems, []);
    t.ok(counts.filesKept > 0);
  } finally {
    execFileSync('umount', [disk]);
  }
});

t.test('the helper dies', async (t) => {
  const { tree, chunks } = await manyFiles(t);
  const over = new AbortController();
  over.abort();
  await t.rejects(create(tree, chunks, { signal: over.signal }), { code: 'trees_cut' });
  const { signal } = new AbortController();
  let isThere = true;
  const isExcluded = () => {
    if (isThere) execFileSync('pkill', ['-9', '-P', String(process.pid), '-f', '^blockmesh-trees read']);
    isThere = false;
    return false;
  };
  await t.rejects(create(tree, chunks, { signal, isExcluded }), { code: 'trees_failed' });
});
