import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { ownStore } from './large-scene.ts';

/** A name that stands for something else is told before anything is stored for it, where that can be known. */

t.test('a blob is put again under its name, and another is refused with nothing stored', (t) => {
  const { at, json, refused } = ownStore(t);
  const bytes = randomBytes(3_000_000);
  writeFileSync(at('disk.img'), bytes);
  const { id } = json('blob', 'put', 'disk.img');
  t.match(json('blob', 'put', 'disk.img'), { id, newBytes: 0 });
  const { chunks } = json('store', 'stat');
  const other = Buffer.from(bytes);
  other[1_500_000] = (other[1_500_000] ?? 0) ^ 1;
  for (const content of [randomBytes(4_000_000), other, bytes.subarray(1), Buffer.alloc(0)]) {
    writeFileSync(at('disk.img'), content);
    t.match(refused('blob', 'put', 'disk.img'), { code: 'name_taken', fields: { id } }, `${content.length} bytes`);
    t.equal(json('store', 'stat').chunks, chunks);
  }
  t.notMatch(refused('blob', 'put', 'disk.img').advice, /gc/, 'there is nothing to free');
  writeFileSync(at('disk.img'), other);
  json('blob', 'put', 'disk.img', '--replace');
  t.match(json('blob', 'ls'), [{ name: 'disk.img', bytes: bytes.length }]);
  t.end();
});

t.test('of a tree it is known only at the end what it is, so its name is refused at once', (t) => {
  const { at, json, refused } = ownStore(t);
  mkdirSync(at('tree'));
  writeFileSync(at('tree/a'), randomBytes(100_000));
  const { id } = json('snapshot', 'create', 'tree', '--name', 'tree');
  json('snapshot', 'export', 'tree', 'tree.tar');
  const { chunks } = json('store', 'stat');
  writeFileSync(at('tree/a'), randomBytes(100_000));
  t.match(refused('snapshot', 'create', 'tree', '--name', 'tree'), { code: 'name_taken', fields: { id } });
  t.match(refused('snapshot', 'import', 'tree.tar', '--name', 'tree'), { code: 'name_taken' });
  t.equal(json('store', 'stat').chunks, chunks);
  t.not(json('snapshot', 'create', 'tree', '--name', 'tree', '--replace').id, id);
  t.equal(json('snapshot', 'import', 'tree.tar', '--name', 'tree', '--replace').id, id);
  t.match(json('snapshot', 'list'), [{ name: 'tree', id }]);
  t.end();
});
