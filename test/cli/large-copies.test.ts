import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openOwnChunks } from '../../src/node/large/open-large.ts';
import { ownStore, spaceStore } from './large-scene.ts';

/** How many other boards are to hold what is let go here, as the ledger says; and what is said of it. */

/** As a peer will tell once boards exchange chunks. */
function holdElsewhere(folder: string, name: string, nodes: readonly string[]): void {
  const store = openOwnChunks(join(folder, 'chunks.db'));
  for (const kind of ['pin', 'snapshot', 'backup'] as const) {
    for (const { name: found, target } of store.roots.list(kind)) {
      if (found === name) for (const node of nodes) store.copies.note(target, { node, seenMs: 1 });
    }
  }
  store.close();
}

t.test('blobs and snapshots stay until others hold them', async (t) => {
  const scene = await spaceStore(t);
  const { at, json, refused } = scene;
  t.match(json('store', 'copies'), { least: 0 });
  writeFileSync(at('one'), randomBytes(500_000));
  json('blob', 'put', 'one');
  json('blob', 'put', 'one', '--name', 'again');
  t.match(json('store', 'copies', '1'), { least: 1, block: String });
  t.match(json('store', 'copies'), { least: 1 });
  t.match(scene.run('store', 'copies'), { stdout: /1 other board holds it/ });
  t.match(scene.run('store', 'copies', '65'), { status: 2 });
  json('blob', 'rm', 'again');
  for (const words of [[], ['--dry-run']]) {
    t.match(refused('blob', 'rm', 'one', ...words), {
      code: 'copies_few',
      fields: { name: 'one', found: 0, least: 1 },
    });
  }
  writeFileSync(at('one'), randomBytes(500_000));
  const before = json('store', 'stat').chunks;
  t.match(refused('blob', 'put', 'one', '--replace'), { code: 'copies_few' });
  t.equal(json('store', 'stat').chunks, before, 'and nothing was stored for it');
  holdElsewhere(scene.folder, 'one', ['n1']);
  json('blob', 'put', 'one', '--replace');
  json('blob', 'rm', 'one', '--force');
  mkdirSync(at('tree'));
  writeFileSync(at('tree/a'), 'one');
  json('snapshot', 'create', 'tree', '--name', 'tree');
  json('snapshot', 'create', 'tree', '--name', 'tree', '--replace');
  t.match(refused('snapshot', 'rm', 'tree'), { code: 'copies_few' });
  writeFileSync(at('tree/a'), 'two');
  t.match(refused('snapshot', 'create', 'tree', '--name', 'tree', '--replace'), { code: 'copies_few' });
  json('snapshot', 'create', 'tree', '--name', 'tree', '--replace', '--force');
  json('store', 'copies', '0');
  json('snapshot', 'rm', 'tree');
});

t.test('a backup is made, and what its rules do not keep stays until others hold it', async (t) => {
  const scene = await spaceStore(t);
  const { at, json, refused } = scene;
  mkdirSync(at('docs'));
  json('store', 'copies', '2');
  json('backup', 'add', 'home', 'docs', '--keep-last', '1');
  const runs: string[] = [];
  for (const content of ['one', 'two', 'three']) {
    writeFileSync(at('docs/a'), content);
    const { ms, removed, kept } = json('backup', 'run', 'home');
    t.strictSame(removed, []);
    t.match(
      kept.map(({ code }: { readonly code: string }) => code),
      runs.map(() => 'copies_few'),
    );
    runs.push(`home/${new Date(ms).toISOString().slice(0, 19)}Z`);
  }
  t.match(refused('backup', 'remove', 'home'), { code: 'copies_few' });
  t.match(json('backup', 'list'), [{ name: 'home', runs: 3 }], 'neither the runs nor the backup went');
  holdElsewhere(scene.folder, runs[0] ?? '', ['n1', 'n2']);
  t.match(json('backup', 'run', 'home', '--dry-run'), { removed: { length: 1 }, kept: { length: 1 } });
  // Of two runs that found the same, one keeps it.
  const said = scene.run('backup', 'run', 'home');
  t.match(said, { status: 0, stdout: /2 older ones let go\nnot let go: .* stays: .* \[copies_few\]$/m });
  t.match(json('backup', 'run', 'home', '--force'), { kept: [] });
  t.match(json('backup', 'list', 'home'), { length: 1 });
  writeFileSync(at('docs/a'), 'four');
  json('backup', 'run', 'home');
  json('backup', 'remove', 'home', '--force');
  t.match(json('backup', 'list'), []);
});

t.test('a store apart has no such rule', (t) => {
  const { at, json } = ownStore(t);
  writeFileSync(at('one'), 'one');
  json('blob', 'put', 'one');
  json('blob', 'rm', 'one');
  t.match(json('blob', 'ls'), []);
  t.end();
});
