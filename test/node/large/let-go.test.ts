import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { Root } from '../../../src/chunks/ports.ts';
import { type LetGoOptions, letGo, letGoOfEach } from '../../../src/node/large/let-go.ts';
import type { Chunks } from '../../../src/store/chunks/store.ts';
import { stored } from '../../chunks/store-contract.ts';
import { newChunks } from '../../store/chunks/open-chunks.ts';

const asked = (least: number, isDryRun = false): LetGoOptions => ({ least, isDryRun });

function named(store: Chunks, ...names: readonly string[]): readonly Root[] {
  return names.map((name) => {
    const root = store.roots.find('pin', name);
    if (root === null) throw new Error(`no ${name}`);
    return root;
  });
}

const namesOf = (store: Chunks) => store.roots.list().map(({ name }) => name);

t.test('what too few other nodes hold stays', async (t) => {
  const store = newChunks(t);
  await stored(store, 'one', randomBytes(1000));
  const [one] = named(store, 'one');
  if (one === undefined) throw new Error('no root');
  const few = { code: 'copies_few', fields: { name: 'one', found: 0, least: 2 }, advice: /--force/ };
  t.throws(() => letGo(store, [one], asked(2)), few);
  store.copies.note(one.target, { node: 'n1', seenMs: 1 });
  t.throws(() => letGo(store, [one], asked(2)), { ...few, fields: { found: 1 } });
  t.throws(() => letGo(store, [one], asked(2, true)), { code: 'copies_few' });
  store.copies.note(one.target, { node: 'n2', seenMs: 1 });
  letGo(store, [one], asked(2, true));
  t.strictSame(namesOf(store), ['one'], 'a dry run lets nothing go');
  letGo(store, [one], asked(2));
  t.strictSame(namesOf(store), []);
});

t.test('where no number is asked for, all goes, and what has no bytes goes always', async (t) => {
  const store = newChunks(t);
  await stored(store, 'one', randomBytes(1000));
  letGo(store, named(store, 'one'), asked(0));
  const importing = store.beginImport();
  store.roots.set({ kind: 'pin', name: 'empty', target: { kind: 'blob', root: null }, addedMs: 1, note: '{}' });
  importing.end();
  letGo(store, named(store, 'empty'), asked(3));
  t.strictSame(namesOf(store), []);
});

t.test('a name goes as long as another keeps the same, and the last one stays', async (t) => {
  const store = newChunks(t);
  const bytes = randomBytes(1000);
  for (const name of ['a', 'b', 'c']) await stored(store, name, bytes);
  await stored(store, 'other', randomBytes(1000));
  t.throws(() => letGo(store, named(store, 'a', 'b', 'c'), asked(1)), { code: 'copies_few' });
  t.strictSame(namesOf(store), ['a', 'b', 'c', 'other'], 'all of it or nothing');
  const dry = letGoOfEach(store, [named(store, 'a'), named(store, 'b'), named(store, 'c')], asked(1, true));
  const real = letGoOfEach(store, [named(store, 'a'), named(store, 'b'), named(store, 'c')], asked(1));
  for (const refusals of [dry, real]) {
    t.strictSame(
      refusals.map((error) => error?.code ?? null),
      [null, null, 'copies_few'],
    );
  }
  t.strictSame(namesOf(store), ['c', 'other']);
});

t.test('a name that stands for something else by now stays', async (t) => {
  const store = newChunks(t);
  await stored(store, 'a', randomBytes(1000));
  const before = named(store, 'a');
  await stored(store, 'a', randomBytes(1000));
  letGo(store, before, asked(0));
  t.strictSame(namesOf(store), ['a']);
});
