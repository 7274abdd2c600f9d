import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { exportTar } from '../../../src/chunks/tar/export.ts';
import { importTar } from '../../../src/chunks/tar/import.ts';
import { diffTrees } from '../../../src/chunks/tree/diff.ts';
import { decodeSnapshot } from '../../../src/chunks/tree/snapshot.ts';
import { openTarShelf } from '../../../src/store/chunks/tar-shelf.ts';
import { createSnapshot } from '../../../src/trees/create.ts';
import { newChunks } from '../../store/chunks/open-chunks.ts';
import { buildTrees, PROFILE } from '../../trees/trees.ts';
import { hex, makeChunker } from '../tree-parts.ts';
import { differences, GNU, makeFullTree, run } from './full-tree.ts';

t.before(buildTrees);

t.test('a tree has one id, by whichever way it came into the store', async (t) => {
  const folder = t.testdir();
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  makeFullTree(tree);
  run('setfacl', '-m', 'u:1234:r', join(tree, 'old'));
  run('setfacl', '-d', '-m', 'u:1234:rwx', join(tree, 'a'));
  const store = newChunks(t);

  const byFolder = store.beginImport('folder');
  const { signal } = new AbortController();
  const nowMs = () => Date.now() + 3_600_000;
  const created = await createSnapshot({ folder: tree, import: byFolder, profile: PROFILE, signal, nowMs });
  await byFolder.flush();
  t.strictSame(created.problems, []);

  run('tar', '--format=posix', '--sparse', '--acls', ...GNU, '-cf', join(folder, 'made.tar'), '-C', tree, '.');
  const byTar = store.beginImport('tar');
  const shelf = openTarShelf(folder);
  const taken = await importTar(createReadStream(join(folder, 'made.tar')), { importing: byTar, shelf, makeChunker });
  shelf.close();
  await byTar.flush();
  const root = decodeSnapshot((await store.get(created.digest)) ?? new Uint8Array());
  t.strictSame(await Array.fromAsync(diffTrees(root, taken.root, store.get)), []);
  t.equal(hex(taken.digest), hex(created.digest));
  t.equal(byTar.counts.newChunks, 0, 'and is kept once');
  t.strictSame(taken.passedOver, [], 'access lists came as attributes too');

  store.roots.set({
    kind: 'snapshot',
    name: 'tree',
    target: { kind: 'snapshot', digest: taken.digest },
    addedMs: 0,
    note: '{}',
  });
  byFolder.end();
  byTar.end();
  writeFileSync(join(folder, 'ours.tar'), Buffer.concat(await Array.fromAsync(exportTar(root, store.get))));
  mkdirSync(join(folder, 'back'));
  run('tar', '-p', '--same-owner', ...GNU, '-xf', join(folder, 'ours.tar'), '-C', join(folder, 'back'));
  t.equal(differences(tree, join(folder, 'back')), '');
});
