import fc from 'fast-check';
import t from 'tap';
import { compareKeys, SortedKeys } from '../../src/ledger/sorted-keys.ts';

t.test('no keys at all', async (t) => {
  t.strictSame([...new SortedKeys().from('')], []);
});

t.test('thousands of keys in any order of arrival come out sorted, from any of them on', async (t) => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\ue000', '\u{10000}'), maxLength: 8 });
  const keys = fc.uniqueArray(text, { minLength: 1_200, maxLength: 3_000 });
  const asSorted = fc.property(keys, fc.array(text, { maxLength: 8 }), (added, firsts) => {
    const sorted = new SortedKeys();
    for (const key of added) sorted.add(key);
    const model = [...added].sort(compareKeys);
    for (const first of ['', ...added.slice(0, 8), ...firsts]) {
      const wanted = model.slice(model.findIndex((key) => compareKeys(key, first) >= 0));
      const isBehindAll = compareKeys(model.at(-1) ?? '', first) < 0;
      if (JSON.stringify([...sorted.from(first)]) !== JSON.stringify(isBehindAll ? [] : wanted)) return false;
    }
    return true;
  });
  t.doesNotThrow(() => fc.assert(asSorted, { numRuns: 10, endOnFailure: true }));
});

t.test('keys that arrive in order, either way', async (t) => {
  const keys = Array.from({ length: 5_000 }, (_, n) => String(n).padStart(4, '0'));
  for (const added of [keys, [...keys].reverse()]) {
    const sorted = new SortedKeys();
    for (const key of added) sorted.add(key);
    t.strictSame([...sorted.from('')], keys);
    t.strictSame([...sorted.from('4321')], keys.slice(4_321));
  }
});
