import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import t, { type Test } from 'tap';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { newFolder } from '../store/open-store.ts';

/** What people are told of a store on a disk that rots; each command as a process. */

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const FILE_BYTES = 500_000;

function scene(t: Test) {
  const folder = newFolder(t);
  const at = (name: string) => join(folder, name);
  const run = (...words: readonly string[]) => {
    const all = [...ENGINE_FLAGS, MAIN, ...words, '--store', at('chunks.db')];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', cwd: folder });
    return { status, stdout, stderr };
  };
  t.equal(spawnSync(process.execPath, [...ENGINE_FLAGS, MAIN, 'store', 'init', at('chunks.db')]).status, 0);
  return { at, run };
}

/** Turns one byte in the middle of the chunk of which these bytes are a part. */
function rot(path: string, bytes: Buffer): void {
  const database = new DatabaseConstructor(path);
  const packs = database.prepare<[], { id: number; bytes: Buffer }>('SELECT id, bytes FROM pack').all();
  for (const pack of packs) {
    const at = pack.bytes.indexOf(bytes);
    if (at === -1) continue;
    pack.bytes[at] = (pack.bytes[at] ?? 0) ^ 1;
    database.prepare('UPDATE pack SET bytes = ? WHERE id = ?').run(pack.bytes, pack.id);
    database.close();
    return;
  }
  throw new Error('nothing like it is in the store');
}

t.test('a scrub names what has rotted, and so do a verify and a check, until it is put again', (t) => {
  const { at, run } = scene(t);
  mkdirSync(at('tree/sub'), { recursive: true });
  for (const name of ['tree/sub/bad', 'tree/sub/good', 'blob']) writeFileSync(at(name), randomBytes(FILE_BYTES));
  t.equal(run('blob', 'put', 'blob').status, 0);
  t.equal(run('backup', 'add', 'home', 'tree').status, 0);
  t.equal(run('backup', 'run', 'home').status, 0);
  t.match(run('store', 'scrub'), { status: 0, stdout: /: sound\n$/ });
  for (const name of ['tree/sub/bad', 'blob']) {
    rot(at('chunks.db'), readFileSync(at(name)).subarray(FILE_BYTES / 2, FILE_BYTES / 2 + 64));
  }
  const found = run('store', 'scrub', '--json');
  t.equal(found.status, 3);
  t.match(JSON.parse(found.stdout), {
    rotten: 2,
    faultCount: 2,
    faults: [
      { kind: 'backup', name: /^home\//, path: 'sub/bad', code: 'chunk_missing' },
      { kind: 'pin', name: 'blob', path: null, code: 'chunk_missing' },
    ],
  });
  t.match(run('store', 'scrub'), { status: 3, stdout: /^home\/\S+ sub\/bad: .*\nblob: .*\n.* 0 rotten, 2 missing/ });
  t.match(run('blob', 'verify'), { status: 3, stdout: /^blob: .*\[chunk_missing\]/ });
  t.match(run('backup', 'check'), { status: 3, stdout: /^home\/\S+ sub\/bad: .*\[chunk_missing\]/ });
  t.match(run('backup', 'restore', 'home', 'back'), { status: 3, stderr: /^sub\/bad: .*\[content_lost\]/m });
  t.strictSame(readdirSync(at('back/sub')), ['good'], 'all else is there');
  t.equal(run('blob', 'put', 'blob').status, 0);
  t.equal(run('snapshot', 'create', 'tree', '--name', 'again').status, 0);
  t.match(run('store', 'scrub'), { status: 0, stdout: /: sound\n$/ });
  t.equal(run('backup', 'check').status, 0);
  t.end();
});
