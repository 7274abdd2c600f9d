import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { ownStore, spaceStore } from './large-scene.ts';

/** The commands of large things, each as a process, on a real store. */

t.test('blobs', (t) => {
  const scene = ownStore(t);
  const { at, run, json } = scene;
  const bytes = randomBytes(3_000_000);
  writeFileSync(at('disk.img'), bytes);
  const put = json('blob', 'put', 'disk.img');
  t.match(put, { name: 'disk.img', bytes: bytes.length, newBytes: Number });
  t.match(json('blob', 'put', 'disk.img'), { id: put.id, newBytes: 0 }, 'what is there is not stored again');
  t.match(json('blob', 'ls'), [{ name: 'disk.img', id: put.id, bytes: bytes.length }]);
  for (const [index, name] of ['disk.img', put.id].entries()) {
    json('blob', 'get', name, `copy${index}`);
    t.ok(readFileSync(at(`copy${index}`)).equals(bytes), `by ${name}`);
  }
  t.match(run('blob', 'get', 'disk.img', 'copy0'), { status: 1, stderr: /file_exists/ });
  t.equal(run('blob', 'get', 'disk.img', 'copy0', '--force').status, 0);
  const [program = '', ...words] = scene.words('blob', 'cat', 'disk.img', '--range', '70000-70009');
  const { stdout } = spawnSync(program, words);
  t.ok(stdout.equals(bytes.subarray(70_000, 70_010)), 'the last byte of a range is in it');
  t.match(run('blob', 'cat', 'disk.img', '--range', '3000000-'), { status: 1, stderr: /range_outside/ });
  t.match(json('blob', 'verify'), { roots: 1, faultCount: 0, bytes: bytes.length });
  writeFileSync(at('disk.img'), 'another');
  t.match(run('blob', 'put', 'disk.img'), { status: 1, stderr: /name_taken/ });
  json('blob', 'put', 'disk.img', '--name', 'small');
  t.match(json('blob', 'rm', 'disk.img', '--dry-run'), { isDryRun: true, removed: [{ id: put.id }] });
  t.equal(json('blob', 'ls').length, 2, 'a dry run removes nothing');
  json('blob', 'rm', 'disk.img');
  const before = json('store', 'stat');
  t.match(json('store', 'gc', '--dry-run'), { isDryRun: true });
  t.equal(json('store', 'stat').chunks, before.chunks, 'a dry run frees nothing');
  json('store', 'gc');
  t.equal(json('store', 'stat').chunks, 1, 'the small one is left');
  t.match(json('store', 'scrub'), { rotten: 0, chunks: 1 });
  t.match(run('blob', 'get', put.id, 'gone'), { status: 1, stderr: /chunk_missing/ });
  t.end();
});

t.test('snapshots', (t) => {
  const { at, run, json } = ownStore(t);
  mkdirSync(at('tree/sub'), { recursive: true });
  writeFileSync(at('tree/a'), 'one');
  writeFileSync(at('tree/sub/b.tmp'), 'spare');
  writeFileSync(Buffer.concat([Buffer.from(at('tree/')), Buffer.from([0x6f, 0xff])]), 'odd');
  const first = json('snapshot', 'create', 'tree', '--name', 'first', '--exclude', '*.tmp');
  t.match(first, { files: 2, problemsCount: 0 });
  const shown = run('snapshot', 'show', 'first').stdout;
  t.match(shown, /\bo\\xff\n/);
  t.notMatch(shown, /tmp/);
  t.match(json('snapshot', 'show', 'first', 'o\\xff'), { kind: 'file', bytes: 3 });
  t.match(run('snapshot', 'show', 'first', 'nowhere'), { status: 1, stderr: /path_missing/ });
  writeFileSync(at('tree/a'), 'two');
  json('snapshot', 'create', 'tree', '--name', 'second');
  const diff = run('snapshot', 'diff', 'first', 'second').stdout;
  t.match(diff, /^~ a \(.*content/m);
  t.match(diff, /^\+ sub\/b\.tmp$/m);
  json('snapshot', 'restore', 'first', 'again');
  t.equal(readFileSync(at('again/a'), 'utf8'), 'one');
  writeFileSync(at('again/a'), 'mine');
  t.match(run('snapshot', 'restore', 'first', 'again'), { status: 1, stderr: /restore_in_place/ });
  t.equal(readFileSync(at('again/a'), 'utf8'), 'mine');
  json('snapshot', 'restore', 'first', 'again', '--force');
  t.equal(readFileSync(at('again/a'), 'utf8'), 'one');
  json('snapshot', 'export', 'first', 'first.tar');
  t.match(json('snapshot', 'import', 'first.tar', '--name', 'tarred'), { id: first.id });
  json('snapshot', 'rm', 'second');
  t.same(
    json('snapshot', 'list').map(({ name }: { readonly name: string }) => name),
    ['first', 'tarred'],
  );
  t.end();
});

t.test('what is missing is told by the exit code', (t) => {
  const { at, run } = ownStore(t);
  mkdirSync(at('tree'));
  writeFileSync(at('tree/a'), 'one');
  writeFileSync(at('tree/huge'), '');
  truncateSync(at('tree/huge'), 2 ** 40 + 1);
  t.match(run('snapshot', 'create', 'tree', '--name', 'first'), { status: 3, stderr: 'huge: EFBIG [not_read]' });
  t.equal(run('backup', 'add', 'home', 'tree').status, 0);
  t.match(run('backup', 'run', 'home'), { status: 3, stderr: 'huge: EFBIG [not_read]' });
  t.equal(run('backup', 'restore', 'home', 'back').status, 0, 'all that was in it is there');
  mkdirSync(at('taken/a'), { recursive: true });
  writeFileSync(at('taken/a/mine'), '');
  const { status, stderr } = run('snapshot', 'restore', 'first', 'taken', '--force');
  t.match({ status, stderr }, { status: 3, stderr: /^a: [A-Z]+ \[not_made\]/ });
  t.end();
});

t.test('backups of folders', (t) => {
  const { at, run, json } = ownStore(t);
  mkdirSync(at('docs'));
  mkdirSync(at('more'));
  writeFileSync(at('docs/a'), 'one');
  writeFileSync(at('more/b'), 'two');
  t.match(run('backup', 'add', 'x/y', 'docs'), { status: 1, stderr: /backup_set_name/ });
  t.match(run('backup', 'add', 'x', 'docs', '--every', 'often'), { status: 1, stderr: /bad_schedule/ });
  json('backup', 'add', 'home', 'docs', 'more', '--every', '1h', '--keep-last', '1');
  t.match(json('backup', 'run', '--due'), { name: 'home', parts: [{ files: 1 }, { files: 1 }], removed: [] });
  t.equal(json('backup', 'run', '--due'), null, 'nothing is due');
  writeFileSync(at('docs/a'), 'three');
  t.match(json('backup', 'run', 'home'), { removed: [String] }, 'the rule keeps one');
  t.match(json('backup', 'list'), [{ name: 'home', runs: 1, everyMs: 3_600_000 }]);
  t.match(json('backup', 'list', 'home'), [{ isWhole: true, reasons: ['last'] }]);
  t.match(json('backup', 'check'), { roots: 2, faultCount: 0 });
  t.equal(run('backup', 'restore', 'home', 'back').status, 0);
  t.equal(readFileSync(at('back/1-docs/a'), 'utf8'), 'three');
  t.equal(readFileSync(at('back/2-more/b'), 'utf8'), 'two');
  t.match(run('backup', 'restore', 'home', 'back'), { status: 1, stderr: /restore_in_place/ });
  t.match(run('backup', 'restore', 'home@1999', 'other'), { status: 1, stderr: /backup_run_missing/ });
  renameSync(at('more'), at('away'));
  t.equal(run('backup', 'run', 'home').status, 1, 'a folder that is not there');
  t.equal(json('backup', 'list', 'home').length, 1, 'and nothing went for it');
  t.match(json('backup', 'remove', 'home', '--dry-run'), { isDryRun: true, removed: [{}] });
  json('backup', 'remove', 'home');
  t.match(json('backup', 'list'), []);
  t.end();
});

t.test('of a backup of many folders each comes back as itself', (t) => {
  const { at, json, run } = ownStore(t);
  const folders = Array.from({ length: 11 }, (_, index) => `d${index + 1}`);
  for (const folder of folders) {
    mkdirSync(at(folder));
    writeFileSync(at(`${folder}/name`), folder);
  }
  json('backup', 'add', 'many', ...folders);
  json('backup', 'run', 'many');
  const { status, stderr } = run('backup', 'restore', 'many', 'back');
  t.equal(status, 0, stderr);
  t.same(readdirSync(at('back')).sort(), folders.map((folder, index) => `${index + 1}-${folder}`).sort());
  for (const [index, folder] of folders.entries()) {
    t.equal(readFileSync(at(`back/${index + 1}-${folder}/name`), 'utf8'), folder);
  }
  t.end();
});

t.test('a space has a store of its own, cut as its mesh says and within its limits', async (t) => {
  const { at, json, refused } = await spaceStore(t);
  writeFileSync(at('thing'), 'small');
  json('blob', 'put', 'thing');
  t.match(json('blob', 'ls'), [{ name: 'thing', bytes: 5 }]);
  const config = readFileSync(at('blockmesh.toml'), 'utf8');
  writeFileSync(at('blockmesh.toml'), config.replace('low_space = "1 GB"', 'low_space = "900 TB"'));
  writeFileSync(at('large'), randomBytes(2_000_000));
  t.match(refused('blob', 'put', 'large'), { code: 'chunks_low_space' });
  t.match(json('blob', 'ls'), [{ name: 'thing' }], 'what is there can be read on');
});
