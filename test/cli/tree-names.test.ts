import fc from 'fast-check';
import t from 'tap';
import { parseName, shownName } from '../../src/cli/tree-names.ts';

t.test('names are shown so that what is shown can be typed', (t) => {
  const cases: readonly (readonly [name: Uint8Array, shown: string])[] = [
    [Buffer.from('Grüße 🚪'), 'Grüße 🚪'],
    [Buffer.from([0x61, 0xff, 0x62]), 'a\\xffb'],
    [Buffer.from('a\nb\x1b[2J'), 'a\\x0ab\\x1b[2J'],
    [Buffer.from('a\\xff'), 'a\\\\xff'],
    [Buffer.from('\ufeffa\u2028'), '\\xef\\xbb\\xbfa\\xe2\\x80\\xa8'],
    [Buffer.from([0xc3]), '\\xc3'],
    [Buffer.from('a/b'), 'a/b'],
  ];
  for (const [name, shown] of cases) t.equal(shownName(name), shown);
  t.throws(() => parseName('a\\b'), { code: 'bad_tree_name' });
  t.throws(() => parseName('a\\xF'), { code: 'bad_tree_name' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (name) => Buffer.compare(parseName(shownName(name)), name) === 0),
    { numRuns: 500 },
  );
  t.end();
});
