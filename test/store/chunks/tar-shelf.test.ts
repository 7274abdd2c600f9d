import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { openTarShelf } from '../../../src/store/chunks/tar-shelf.ts';

const key = (text: string) => Buffer.from(text, 'latin1');

t.test('rows come sorted; later ones replace earlier ones; all names of an entry know the first one', async (t) => {
  const folder = t.testdir();
  const names = fc.constantFrom('', 'a', 'a\0b', 'a!', 'b', '\xff');
  const step = fc.record({ name: names, from: fc.option(names), bytes: fc.uint8Array({ maxLength: 9 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const shelf = openTarShelf(folder);
      /** By name, the number of an entry. */
      const model = new Map<string, number>();
      const entries: Uint8Array[] = [];
      for (const { name, from, bytes } of steps) {
        const source = from === null ? undefined : model.get(from);
        if (from !== null && source !== undefined && from !== name) {
          shelf.link(key(name), key(from));
          model.set(name, source);
        } else if (from === null) {
          shelf.put(key(name), bytes);
          model.set(name, entries.push(bytes) - 1);
        }
      }
      const sorted = [...model.keys()].sort();
      const firstOf = (entry: number) => sorted.find((name) => model.get(name) === entry) ?? '';
      const rows = [...shelf.rows()];
      const found = sorted.map((name) => shelf.find(key(name)));
      t.equal(shelf.find(key('nobody')), null);
      shelf.close();
      t.same(
        rows.map((row) => row.key.toString()),
        sorted.map((name) => key(name).toString()),
        { diagnostic: false },
      );
      return rows.every((row, at) => {
        const name = sorted[at] ?? '';
        const entry = model.get(name) ?? -1;
        const isAlone = [...model.values()].filter((other) => other === entry).length === 1;
        const first = row.first === null ? name : Buffer.from(row.first).toString('latin1');
        const isRight = first === firstOf(entry) && (isAlone || row.first !== null);
        return (
          isRight &&
          [row.entry, found[at]].every((bytes) => Buffer.compare(bytes ?? key('?'), entries[entry] ?? key('')) === 0)
        );
      });
    }),
    { numRuns: 60 },
  );
  t.strictSame(readdirSync(folder), [], 'nothing of it has a name, even while it is open');
});

t.test('a shelf that is full says so', async (t) => {
  const folder = t.testdir();
  const shelf = openTarShelf(folder, 256 * 1024);
  t.strictSame(readdirSync(folder), []);
  t.throws(
    () => {
      for (let at = 0; at < 1000; at += 1) shelf.put(key(`name ${at}`), new Uint8Array(4000));
    },
    { code: 'tar_shelf_full', fields: { folder, bytesMax: 256 * 1024 } },
  );
  shelf.close();
  t.throws(() => openTarShelf(`${folder}/nowhere`), { code: 'ENOENT' });
});
