import fc from 'fast-check';
import t from 'tap';
import type { Json } from '../../../src/base/json.ts';
import { COPIES_LEAST_MAX } from '../../../src/base/limits-chunks.ts';
import { applyMesh } from '../../../src/ledger/mesh/apply.ts';
import { leastCopies } from '../../../src/ledger/mesh/copies.ts';
import { EMPTY_STATE, StateOverlay } from '../../../src/ledger/overlay.ts';

function play(state: StateOverlay, body: Json, roles: readonly string[] = ['admin']): string {
  const author = { key: 'f0'.repeat(32), principal: 'founder', node: null };
  const at = { wallMs: 1, quality: 'synced' } as const;
  const place = { dapp: 'mesh', ver: '0.1.0', kind: 'copies.set', re: null, block: 'b', index: 0 };
  const outcome = applyMesh({ ...place, body, author, roles, at }, state);
  if (outcome.ok) state.apply('mesh', outcome.writes);
  return outcome.ok ? 'ok' : outcome.code;
}

t.test('an admin says on how many other boards large things are to lie', async (t) => {
  const state = new StateOverlay(EMPTY_STATE);
  t.equal(leastCopies(state), 0, 'nobody has said so');
  for (const roles of [[], ['node'], ['member', 'keyholder']]) t.equal(play(state, { least: 2 }, roles), 'not_allowed');
  t.strictSame([...state.changes()], []);
  t.equal(play(state, { least: 2 }), 'ok');
  t.strictSame(state.scan('mesh', '', null, 9).rows, [{ key: 'copies', value: { least: 2 } }]);
  t.equal(leastCopies(state), 2);
  t.equal(play(state, { least: 0 }), 'ok');
  t.equal(leastCopies(state), 0);
});

t.test('a body that is not as it must be is refused', async (t) => {
  const odd = [-1, 1.5, '2', null, true, [2], Number.MAX_SAFE_INTEGER, COPIES_LEAST_MAX + 1];
  const bodies: readonly Json[] = [...odd.map((least) => ({ least })), {}, null, 2, [], { least: 1, most: 2 }];
  for (const body of bodies) {
    t.equal(play(new StateOverlay(EMPTY_STATE), body), 'body_invalid', JSON.stringify(body));
  }
});

t.test('of many orders the last one counts that was accepted', (t) => {
  const order = fc.record({
    least: fc.oneof(fc.integer({ min: 0, max: COPIES_LEAST_MAX }), fc.integer(), fc.string()),
    roles: fc.subarray(['node', 'member', 'admin']),
  });
  fc.assert(
    fc.property(fc.array(order, { maxLength: 20 }), (orders) => {
      const state = new StateOverlay(EMPTY_STATE);
      let wanted = 0;
      for (const { least, roles } of orders) {
        const isGood = Number.isInteger(least) && Number(least) >= 0 && Number(least) <= COPIES_LEAST_MAX;
        if (isGood && roles.includes('admin')) wanted = Number(least);
        play(state, { least }, roles);
        if (leastCopies(state) !== wanted) return false;
      }
      return true;
    }),
  );
  t.end();
});
