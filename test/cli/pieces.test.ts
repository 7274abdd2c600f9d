import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readable } from '../../src/cli/pieces.ts';
import { newFolder } from '../store/open-store.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** Of these no two MiB are alike. */
const BYTES = Buffer.from(Uint32Array.from({ length: 1_500_000 }, (_, index) => index * 2_654_435_761).buffer);
const CHUNKS = `'${process.execPath}' '${MAIN}' blob chunks --json`;

t.test('what is read is the same, whichever way it comes', async (t) => {
  const folder = newFolder(t);
  writeFileSync(join(folder, 'file'), BYTES);
  writeFileSync(join(folder, 'longer'), Buffer.concat([Buffer.from('a line before it\n'), BYTES]));
  const cut = (script: string): string => {
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: folder });
    t.equal(stderr.replace(/^.*bytes cut.*$/gm, '').trim(), '');
    return stdout;
  };
  const wanted = cut(`${CHUNKS} file`);
  const lengths = wanted.trim().split('\n');
  t.equal(
    lengths.reduce((sum, line) => sum + JSON.parse(line).length, 0),
    BYTES.length,
  );
  const first = createHash('sha256').update(BYTES.subarray(0, JSON.parse(lengths[0] ?? '').length));
  t.equal(JSON.parse(lengths[0] ?? '').sha256, first.digest('hex'));
  const ways = {
    'a pipe': `cat file | ${CHUNKS} -`,
    'a slow pipe': `(head -c 100000 file; sleep 0.1; tail -c +100001 file) | ${CHUNKS} -`,
    'a file as standard input': `${CHUNKS} - < file`,
    'a file from where it stands': `exec < longer; read line; ${CHUNKS} -`,
    'a pipe with a name': `mkfifo pipe; cat file > pipe & ${CHUNKS} pipe`,
  };
  for (const [way, script] of Object.entries(ways)) t.equal(cut(script), wanted, way);
  const { stdout } = spawnSync(process.execPath, [MAIN, 'blob', 'chunks', '--json', '-'], { input: BYTES });
  t.equal(String(stdout), wanted, 'a socket');
  t.equal(cut(`${CHUNKS} - < /dev/null`), '', 'a device');
  t.equal(cut(`: | ${CHUNKS} -`), '', 'nothing');
});

t.test('a signal ends what waits for a pipe', async (t) => {
  const path = join(newFolder(t), 'pipe');
  t.equal(spawnSync('mkfifo', [path]).status, 0);
  const writer = openSync(path, 'r+');
  const stop = new AbortController();
  const { stream, bytes } = await readable(path, stop.signal);
  t.equal(bytes, 0);
  const pieces = stream[Symbol.asyncIterator]();
  const next = pieces.next();
  stop.abort(new Error('enough'));
  await t.rejects(next, { message: 'enough' });
  closeSync(writer);
});

t.test('what cannot be read is told', async (t) => {
  const folder = newFolder(t);
  await t.rejects(readable(folder), { code: 'file_unreadable', message: /it is a folder/ });
  await t.rejects(readable(join(folder, 'none')), { code: 'file_unreadable', message: /ENOENT/ });
});
