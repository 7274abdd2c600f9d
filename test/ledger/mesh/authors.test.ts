import t from 'tap';
import type { Json } from '../../../src/base/json.ts';
import { authorOf, rolesOf } from '../../../src/ledger/mesh/authors.ts';
import { EMPTY_STATE, StateOverlay } from '../../../src/ledger/overlay.ts';

const KEY = 'aa'.repeat(32);
const NODE = 'bb'.repeat(32);

function state(rows: Readonly<Record<string, Json>>): StateOverlay {
  const overlay = new StateOverlay(EMPTY_STATE);
  overlay.apply(
    'mesh',
    Object.entries(rows).map(([key, value]) => ({ key, value })),
  );
  return overlay;
}

t.test('who a key speaks for', async (t) => {
  t.equal(authorOf(EMPTY_STATE, KEY), null, 'nobody has vouched for it');
  const person = state({ [`key/${KEY}`]: { principal: 'ada', node: NODE } });
  t.strictSame(authorOf(person, KEY), { key: KEY, principal: 'ada', node: NODE });
  t.equal(authorOf(person, NODE), null);
  const board = state({ [`key/${NODE}`]: { principal: null, node: NODE } });
  t.strictSame(authorOf(board, NODE), { key: NODE, principal: null, node: NODE });
  for (const odd of [1, 'x', [], true]) t.equal(authorOf(state({ [`key/${KEY}`]: odd }), KEY), null, `record ${odd}`);
  t.strictSame(authorOf(state({ [`key/${KEY}`]: { principal: 7, node: {} } }), KEY), {
    key: KEY,
    principal: null,
    node: null,
  });
});

t.test('what it may do', async (t) => {
  const roles = state({
    'role/ada': { roles: ['member', 'admin', 7, null] },
    'role/odd': { roles: 'admin' },
    'role/none': 1,
  });
  const person = (principal: string) => ({ key: KEY, principal, node: NODE });
  t.strictSame(rolesOf(roles, person('ada')), ['admin', 'member'], 'sorted, text alone');
  for (const principal of ['odd', 'none', 'nobody']) t.strictSame(rolesOf(roles, person(principal)), [], principal);
  t.strictSame(rolesOf(roles, { key: NODE, principal: null, node: NODE }), ['node'], 'a board');
  t.strictSame(rolesOf(roles, { key: KEY, principal: null, node: NODE }), [], 'a key at a board is not the board');
  t.strictSame(rolesOf(roles, { key: KEY, principal: null, node: null }), [], 'a stranger');
  const keep = roles.read('mesh', 'role/ada');
  rolesOf(roles, person('ada'));
  t.strictSame(keep, { roles: ['member', 'admin', 7, null] }, 'the state is left as it is');
});
