import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { noiseOf } from './lent-program.ts';
import { MemoryChunks } from './memory-chunks.ts';
import { buildTrees, create, IS_ROOT } from './trees.ts';

t.before(buildTrees);

const PROGRAM = join(import.meta.dirname, 'lent-program.ts');

/** Files of lengths about the least that is read by `/proc`, one longer than is brought ahead of time, one with a hole. */
function makeTree(folder: string): void {
  mkdirSync(folder);
  for (let index = 0; index < 200; index += 1) writeFileSync(join(folder, `f${index}`), noiseOf(32_700 + index));
  writeFileSync(join(folder, 'long'), noiseOf(5_000_000));
  writeFileSync(join(folder, 'holes'), 'before');
  truncateSync(join(folder, 'holes'), 1_000_000);
  appendFileSync(join(folder, 'holes'), 'after');
}

t.test('where /proc shows nobody, contents come by the pipe, and are the same', async (t) => {
  if (!IS_ROOT) throw new Error('only root hides /proc from a program: run the tests of trees as root');
  const folder = join(t.testdir(), 'tree');
  makeTree(folder);
  const { digest, counts } = await create(folder, new MemoryChunks());
  const hide = 'mount -t tmpfs none /proc; exec "$@"';
  const words = ['--mount', 'sh', '-c', hide, 'sh', process.execPath, PROGRAM, folder];
  const [byPipe, bytes, lent] = execFileSync('unshare', words, { encoding: 'utf8' }).trim().split(' ');
  t.equal(byPipe, toHex(digest));
  t.equal(Number(bytes), counts.bytes);
  t.equal(lent, 'pipe');
  const [byProc, , how] = execFileSync(process.execPath, [PROGRAM, folder], { encoding: 'utf8' }).trim().split(' ');
  t.strictSame([byProc, how], [toHex(digest), 'lent']);
});

t.test('what a file had when it was lent is kept, and that it changed since is told', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'file'), noiseOf(3_000_000));
  const chunks = new MemoryChunks();
  const coming = chunks.import();
  let hasGrown = false;
  const room = async () => {
    if (!hasGrown) appendFileSync(join(folder, 'file'), 'more');
    hasGrown = true;
  };
  const created = await create(folder, chunks, { import: Object.assign(Object.create(coming), { room }) });
  t.ok(hasGrown);
  t.strictSame(
    created.problems.map(({ code }) => code),
    ['file_changed'],
  );
  t.equal(created.counts.bytes, 3_000_000);
});
