import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import t from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import { openDatabase, storeError } from '../../src/store/database.ts';
import { newDatabase, newFolder } from './open-store.ts';

const MAIN = join(import.meta.dirname, 'store-main.ts');

function made(path: string): string {
  openDatabase({ path, mayCreate: true }).close();
  return path;
}

const open = (path: string, mayCreate = false) => openDatabase({ path, mayCreate });

t.test('a ledger is open with a write-ahead log and every commit synced', async (t) => {
  const path = join(newFolder(t), 'ledger.db');
  for (const mayCreate of [true, false]) {
    const database = open(path, mayCreate);
    const pragma = (name: string) => database.pragma(name, { simple: true });
    t.equal(pragma('journal_mode'), 'wal');
    t.equal(pragma('synchronous'), 2, 'FULL');
    t.equal(pragma('locking_mode'), 'exclusive');
    t.equal(pragma('secure_delete'), 1);
    t.equal(pragma('trusted_schema'), 0);
    t.equal(pragma('application_id'), 0x626c6b6d);
    t.notOk(existsSync(`${path}-shm`), 'no other process could look in');
    database.close();
  }
  t.notOk(existsSync(`${path}-wal`), 'closed, one file is all of it');
});

/** How often a process synced a file between its two words, as the kernel saw it. */
function syncsOf(folder: string, name: string, count: number, pragma: string): number {
  const trace = join(folder, `${name}.strace`);
  const watch = ['-f', '-e', 'trace=fsync,fdatasync,write', '-o', trace];
  const program = [process.execPath, MAIN, 'append', join(folder, `${name}.db`), String(count), pragma];
  const { status, stderr } = spawnSync('strace', [...watch, ...program], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`strace ended with ${status}: ${stderr}`);
  const lines = readFileSync(trace, 'utf8').split('\n');
  const from = lines.findIndex((line) => line.includes('append begins'));
  const to = lines.findIndex((line) => line.includes('append ended'));
  if (from < 0 || to < from) throw new Error('the trace lacks the words of the program');
  return lines.slice(from, to).filter((line) => /\bf(data)?sync\(/.test(line)).length;
}

t.test('the kernel is asked to sync at least once for each append', async (t) => {
  const folder = newFolder(t);
  const appends = 40;
  const full = syncsOf(folder, 'full', appends, '');
  const normal = syncsOf(folder, 'normal', appends, 'synchronous = NORMAL');
  t.ok(full >= appends, `${full} syncs for ${appends} appends`);
  t.ok(normal < appends, `${normal} with NORMAL: what the count would see without FULL`);
});

t.test('another process has it', async (t) => {
  const path = made(join(newFolder(t), 'ledger.db'));
  const holder = spawn(process.execPath, [MAIN, 'hold', path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  t.throws(() => open(path), { code: 'store_locked', fields: { path }, advice: /running/ });
  const gone = once(holder, 'exit');
  holder.kill('SIGKILL');
  await gone;
  t.doesNotThrow(() => open(path).close(), 'the lock went with the process, however it ended');
});

t.test('a second time in this process', async (t) => {
  const path = join(newFolder(t), 'ledger.db');
  newDatabase(t, path);
  t.throws(() => open(path), { code: 'store_locked' });
});

t.test('what is not there, or not a file', async (t) => {
  const folder = newFolder(t);
  const path = made(join(folder, 'ledger.db'));
  const cases: Record<string, string> = {
    'no file': join(folder, 'none.db'),
    'no folder': join(folder, 'none/ledger.db'),
    'a folder': folder,
    'a file for a folder': join(path, 'ledger.db'),
    'a link to nothing': join(folder, 'link.db'),
  };
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link.db'));
  for (const [name, wrong] of Object.entries(cases)) {
    t.throws(() => open(wrong), { name: 'CodedError', code: 'store_missing', fields: { path: wrong } }, name);
  }
  t.throws(() => open(join(folder, 'none/ledger.db'), true), { code: 'store_missing' }, 'folders are not made');
  t.notOk(existsSync(join(folder, 'none.db')), 'and nothing is left where nothing was');
});

t.test('what is not a ledger', async (t) => {
  const folder = newFolder(t);
  const cases: Record<string, readonly [string | Buffer, string]> = {
    'an empty file': ['', 'store_damaged'],
    'a short text': ['hello', 'store_damaged'],
    'a long text': ['hello '.repeat(5_000), 'store_damaged'],
    'a page of noughts': [Buffer.alloc(4096), 'store_damaged'],
    'half a page of a ledger': [readFileSync(made(join(folder, 'whole.db'))).subarray(0, 2048), 'store_damaged'],
  };
  for (const [name, [content, code]] of Object.entries(cases)) {
    const path = join(folder, `${name}.db`);
    writeFileSync(path, content);
    t.throws(() => open(path), { name: 'CodedError', code, fields: { path } }, name);
    t.equal(readFileSync(path).compare(Buffer.from(content)), 0, `${name}: left as it was`);
  }
  for (const mayCreate of [true, false]) {
    const foreign = join(folder, `foreign ${mayCreate}.db`);
    const other = new DatabaseConstructor(foreign);
    other.exec('CREATE TABLE block (x); INSERT INTO block VALUES (1)');
    other.close();
    t.throws(() => open(foreign, mayCreate), { code: 'store_foreign', fields: { path: foreign } });
    const again = new DatabaseConstructor(foreign);
    t.equal(again.pragma('journal_mode', { simple: true }), 'delete', 'its journal is as it was');
    t.strictSame(again.prepare('SELECT x FROM block').all(), [{ x: 1 }]);
    again.close();
  }
});

t.test('a newer release wrote it', async (t) => {
  const path = made(join(newFolder(t), 'ledger.db'));
  const database = new DatabaseConstructor(path);
  database.pragma('user_version = 9999');
  database.close();
  t.throws(() => open(path), { code: 'store_newer', fields: { path, found: 9999 }, advice: /Update/ });
  t.throws(() => open(path, true), { code: 'store_newer' });
});

/** What a process that no mode is waived for, not even as root, says of opening `path`. */
function openedBy(path: string, ...before: readonly string[]): string {
  const strict = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
  const [file = '', ...words] = [...before, ...strict, process.execPath, MAIN, 'try', path];
  const { stdout, stderr } = spawnSync(file, words, { encoding: 'utf8' });
  return `${stdout.trim()}${stderr}`;
}

t.test('what may only be read', async (t) => {
  const folder = join(newFolder(t), 'read-only');
  mkdirSync(folder);
  const path = made(join(folder, 'ledger.db'));
  t.equal(openedBy(path), 'opened', 'for comparison');
  chmodSync(path, 0o444);
  t.equal(openedBy(path), 'store_unwritable', 'the file');
  chmodSync(path, 0o644);
  chmodSync(folder, 0o555);
  t.equal(openedBy(path), 'store_unwritable', 'its folder: no log can be made beside it');
  t.equal(openedBy(join(folder, 'new.db')), 'store_missing', 'a new file there');
  chmodSync(folder, 0o755);
  chmodSync(path, 0);
  t.equal(openedBy(path), 'store_missing', 'a file that may not even be read');
});

t.test('a disk that takes no more', async (t) => {
  const path = join(newFolder(t), 'ledger.db');
  // Files of this process may have 16 KiB; a schema has more.
  t.equal(openedBy(path, 'sh', '-c', 'trap "" XFSZ; ulimit -f 32; exec "$@"', 'sh'), 'store_io');
});

t.test('one byte changed anywhere: it opens, or is refused with a code', async (t) => {
  const folder = newFolder(t);
  const whole = readFileSync(made(join(folder, 'whole.db')));
  const path = join(folder, 'changed.db');
  const codes = new Map<string, number>();
  for (let at = 0; at < whole.length; at += at < 200 ? 1 : 41) {
    const changed = Buffer.from(whole);
    changed[at] = (whole[at] ?? 0) ^ 0xff;
    writeFileSync(path, changed);
    let code = 'opened';
    try {
      open(path).close();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      code = error.code;
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
    for (const suffix of ['-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
  }
  t.strictSame([...codes.keys()].sort(), ['opened', 'store_damaged', 'store_foreign', 'store_newer']);
});

t.test('a write-ahead log cut at any byte opens with what was whole', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'ledger.db');
  const database = open(path, true);
  for (let row = 0; row < 20; row += 1)
    database.prepare('INSERT INTO pulse VALUES (?, ?, 1, ?)').run('p', `k${row}`, Buffer.alloc(9));
  const [main, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
  database.close();
  const copy = join(folder, 'copy.db');
  let before = 0;
  for (let length = 0; length <= log.length; length += 997) {
    writeFileSync(copy, main);
    writeFileSync(`${copy}-wal`, log.subarray(0, length));
    let rows = 0;
    try {
      const cut = open(copy);
      rows = Number(cut.prepare('SELECT count(*) FROM pulse').pluck().get());
      cut.close();
    } catch (error) {
      // Before the log holds the schema there is no ledger yet.
      t.match(error, { name: 'CodedError', code: 'store_damaged' });
    }
    t.ok(rows >= before, `${length} of ${log.length} bytes: ${rows} rows`);
    before = rows;
    for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
  }
  t.equal(before >= 19, true);
});

t.test('words for what SQLite says', async (t) => {
  const sqlite = (code: string) => new DatabaseConstructor.SqliteError('so it says', code);
  const cases: Record<string, string> = {
    SQLITE_CORRUPT: 'store_damaged',
    SQLITE_CORRUPT_INDEX: 'store_damaged',
    SQLITE_IOERR_READ: 'store_io',
    SQLITE_IOERR_LOCK: 'store_unwritable',
    SQLITE_FULL: 'store_full',
    SQLITE_BUSY_RECOVERY: 'store_locked',
    SQLITE_SOMETHING_NEW: 'store_damaged',
  };
  for (const [code, wanted] of Object.entries(cases)) {
    const cause = sqlite(code);
    t.match(storeError(cause, '/x'), { name: 'CodedError', code: wanted, message: /^\/x .*so it says/, cause }, code);
  }
  for (const other of [new TypeError('a bug'), new CodedError('other', ''), 'text'])
    t.equal(storeError(other, '/x'), other);
});

t.test('a copy of a closed ledger is a ledger', async (t) => {
  const folder = newFolder(t);
  const path = made(join(folder, 'ledger.db'));
  t.equal(statSync(path).size % 4096, 0);
  cpSync(path, join(folder, 'copy.db'));
  t.doesNotThrow(() => open(join(folder, 'copy.db')).close());
});
