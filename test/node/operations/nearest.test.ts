import fc from 'fast-check';
import t from 'tap';
import { CodedError } from '../../../src/base/errors.ts';
import { withNearest } from '../../../src/node/operations/nearest.ts';
import { MemoryState } from '../../../src/sandbox/memory-state.ts';

/** The name that a refusal of `wanted` offers, in a space whose doors are `names`. */
function nearestOf(wanted: string, names: readonly string[]): string | null {
  const state = new MemoryState();
  state.write(
    'door',
    names.map((name) => ({ key: `door/${name}`, value: { reader: 'r' } })),
  );
  const error = new CodedError('no_such_door', `there is no door ${wanted}`);
  const told = withNearest(error, state, { door: wanted }) as CodedError;
  if (told === error) return null;
  const { code, fields, advice } = told;
  const { nearest } = fields;
  return code === 'no_such_door' && advice === `Is it ${nearest}?` ? String(nearest) : 'told otherwise';
}

const NAMES = ['front-door', 'back-door', 'shop', 'ada lovelace', 'bob'];

t.test('the name that was meant, or none', async (t) => {
  const cases: readonly (readonly [wanted: string, nearest: string | null])[] = [
    ['front-dor', 'front-door'],
    ['fornt-door', 'front-door'],
    ['frontdoor', 'front-door'],
    ['front', 'front-door'],
    ['ada', 'ada lovelace'],
    ['ada lovelase', 'ada lovelace'],
    ['ship', 'shop'],
    ['sohp', 'shop'],
    ['bop', 'bob'],
    ['pip', null],
    ['x', null],
    ['', null],
    ['laboratory', null],
    ['back-door', null],
  ];
  for (const [wanted, nearest] of cases) t.equal(nearestOf(wanted, NAMES), nearest, JSON.stringify(wanted));
  t.equal(nearestOf('shop', []), null);
});

t.test('one letter wrong, missing, too many, or two swapped, of six or more, is always found', async () => {
  const names = fc.stringMatching(/^[a-z]{6,20}$/);
  fc.assert(
    fc.property(names, fc.nat(), fc.constantFrom('wrong', 'missing', 'more', 'swapped'), (name, where, slip) => {
      const at = where % (name.length - 1);
      const [before, one, two, after] = [name.slice(0, at), name[at], name[at + 1], name.slice(at + 2)];
      const wanted = {
        wrong: `${before}*${two}${after}`,
        missing: `${before}${two}${after}`,
        more: `${before}*${one}${two}${after}`,
        swapped: `${before}${two}${one}${after}`,
      }[slip];
      // Two equal letters that change places are no slip.
      fc.pre(wanted !== name);
      return nearestOf(wanted, ['0'.repeat(name.length), name]) === name;
    }),
  );
});

t.test('other errors stay as they are', async (t) => {
  const state = new MemoryState();
  state.write('door', [{ key: 'door/shop', value: {} }]);
  const advised = new CodedError('no_such_door', 'none', { advice: 'Look.' });
  for (const error of [new CodedError('bad_id', 'x'), new TypeError('x'), advised]) {
    t.equal(withNearest(error, state, { door: 'sho' }), error);
  }
  const error = new CodedError('no_such_door', 'none');
  t.equal(withNearest(error, state, {}), error, 'no name was given');
});
