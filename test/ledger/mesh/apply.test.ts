import t, { type Test } from 'tap';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { applyMesh } from '../../../src/ledger/mesh/apply.ts';
import { authorOf, rolesOf } from '../../../src/ledger/mesh/authors.ts';
import { type Founding, rootBody } from '../../../src/ledger/mesh/root-body.ts';
import type { Outcome } from '../../../src/ledger/outcome.ts';
import { EMPTY_STATE, StateOverlay } from '../../../src/ledger/overlay.ts';

const hex = (digits: string): string => digits.repeat(32);
const FOUNDER = hex('f0');
const BOARD = hex('b0');
const BOARD_2 = hex('b2');
const CONSOLE = hex('c0');
const STRANGER = hex('99');
const FOUNDING: Founding = {
  name: 'Makerspace Nord',
  founder: { principal: 'founder', name: 'Ada', key: FOUNDER },
  node: { name: 'front', key: BOARD },
  recovery: hex('ee'),
  dapps: [
    { dapp: 'membership', ver: '0.1.0' },
    { dapp: 'door', ver: '1.20.300' },
  ],
};
const DEVICE = { name: 'front-reader', role: 'reader', family: 'rdm6300' };
const PULSE = { pulse: 'p_-1', output: 'strike', onNs: '1', offNs: '20', end: 'due' };

/** Plays one entry of `key` as the fold does: its author and roles as the state has them. */
function play(state: StateOverlay, key: string, kind: string, body: Json): Outcome {
  const author = authorOf(state, key) ?? { key, principal: null, node: null };
  const at = { wallMs: 1, quality: 'synced' } as const;
  const place = { block: hex('bb'), index: 0, re: null, dapp: 'mesh', ver: '0.1.0' };
  const outcome = applyMesh({ ...place, kind, body, author, roles: rolesOf(state, author), at }, state);
  if (outcome.ok) state.apply('mesh', outcome.writes);
  return outcome;
}

function founded(founding: Founding = FOUNDING): StateOverlay {
  const state = new StateOverlay(EMPTY_STATE);
  const outcome = play(state, founding.founder.key, 'root', rootBody(founding));
  if (!outcome.ok) throw new Error(outcome.code);
  return state;
}

/** A state in which somebody is vouched for without the root's help. */
function withSigner(state: StateOverlay, key: string, record: JsonObject): StateOverlay {
  state.apply('mesh', [{ key: `key/${key}`, value: record }]);
  return state;
}

function refusedWith(t: Test, outcome: Outcome, code: string, why: string): void {
  t.match(outcome, { ok: false, code }, why);
  t.ok(!outcome.ok && outcome.message.length > 0, `${why}: says so`);
}

t.test('the root founds the mesh', async (t) => {
  const state = founded();
  t.strictSame(state.scan('mesh', '', null, 99).rows, [
    { key: 'dapp/door', value: { ver: '1.20.300' } },
    { key: 'dapp/membership', value: { ver: '0.1.0' } },
    { key: `key/${BOARD}`, value: { principal: null, node: BOARD } },
    { key: `key/${FOUNDER}`, value: { principal: 'founder', node: null } },
    { key: 'mesh', value: { name: 'Makerspace Nord', root: rootBody(FOUNDING) } },
    { key: `node/${BOARD}`, value: { name: 'front' } },
    { key: 'principal/founder', value: { name: 'Ada' } },
    { key: 'role/founder', value: { roles: ['admin'] } },
  ]);
});

t.test('the root is refused', async (t) => {
  refusedWith(t, play(founded(), FOUNDER, 'root', rootBody(FOUNDING)), 'mesh_exists', 'a second time');
  refusedWith(t, play(founded(), STRANGER, 'root', rootBody(FOUNDING)), 'mesh_exists', 'by another, later');
  const empty = () => new StateOverlay(EMPTY_STATE);
  refusedWith(
    t,
    play(empty(), STRANGER, 'root', rootBody(FOUNDING)),
    'not_allowed',
    'signed by another than the founder',
  );
  const body = rootBody(FOUNDING);
  const spoiled: Record<string, Json> = {
    'no map': [],
    null: null,
    'without a name': { ...body, name: '' },
    'a name with a line break': { ...body, name: 'a\nb' },
    'a name of 65 letters': { ...body, name: 'x'.repeat(65) },
    'founder no map': { ...body, founder: 'ada' },
    'founder not a label': { ...body, founder: { ...FOUNDING.founder, principal: 'Ada L' } },
    'founder key in upper case': { ...body, founder: { ...FOUNDING.founder, key: FOUNDER.toUpperCase() } },
    'founder without a name': { ...body, founder: { principal: 'founder', key: FOUNDER } },
    'node key too short': { ...body, node: { name: 'front', key: 'b0' } },
    'no node': { ...body, node: null },
    'dapps no list': { ...body, dapps: {} },
    'a dapp without a version': { ...body, dapps: [{ dapp: 'door' }] },
    'a dapp of version 1': { ...body, dapps: [{ dapp: 'door', ver: '1' }] },
    'a dapp by a path': { ...body, dapps: [{ dapp: '../door', ver: '0.1.0' }] },
    '257 dapps': { ...body, dapps: Array.from({ length: 257 }, () => ({ dapp: 'door', ver: '0.1.0' })) },
  };
  for (const [why, wrong] of Object.entries(spoiled)) {
    const state = empty();
    refusedWith(t, play(state, FOUNDER, 'root', wrong), 'body_invalid', why);
    t.strictSame([...state.changes()], [], `${why}: nothing is written`);
  }
});

t.test('key.add: a key for a person at a board', async (t) => {
  const state = founded();
  const good = { key: CONSOLE, principal: 'founder', node: BOARD };
  const cases: readonly (readonly [string, string, Json, string])[] = [
    ['a stranger', STRANGER, good, 'not_allowed'],
    ['the board itself', BOARD, good, 'not_allowed'],
    ['a known key', FOUNDER, { ...good, key: FOUNDER }, 'key_exists'],
    ['the key of a board', FOUNDER, { ...good, key: BOARD }, 'key_exists'],
    ['nobody', FOUNDER, { ...good, principal: 'nobody' }, 'no_principal'],
    ['no board of ours', FOUNDER, { ...good, node: BOARD_2 }, 'no_node'],
    ['a field too many', FOUNDER, { ...good, more: 1 }, 'body_invalid'],
    ['a field too few', FOUNDER, { key: CONSOLE, principal: 'founder' }, 'body_invalid'],
    ['a key in upper case', FOUNDER, { ...good, key: 'C0'.repeat(32) }, 'body_invalid'],
    ['a principal that is a path', FOUNDER, { ...good, principal: 'a/b' }, 'body_invalid'],
    ['a list', FOUNDER, [], 'body_invalid'],
  ];
  for (const [why, key, body, code] of cases) refusedWith(t, play(state, key, 'key.add', body), code, why);
  t.strictSame(play(state, FOUNDER, 'key.add', good), {
    ok: true,
    writes: [{ key: `key/${CONSOLE}`, value: { principal: 'founder', node: BOARD } }],
  });
  refusedWith(t, play(state, FOUNDER, 'key.add', good), 'key_exists', 'twice');
  const next = { ...good, key: hex('c1') };
  t.match(play(state, CONSOLE, 'key.add', next), { ok: true }, 'the new key speaks for the founder');
  state.apply('mesh', [{ key: 'role/founder', value: { roles: [] } }]);
  refusedWith(t, play(state, FOUNDER, 'key.add', { ...good, key: hex('c2') }), 'not_allowed', 'an admin no more');
});

t.test('device: a board names what it has', async (t) => {
  const state = withSigner(founded(), BOARD_2, { principal: null, node: BOARD_2 });
  const cases: readonly (readonly [string, string, Json, string])[] = [
    ['a stranger', STRANGER, DEVICE, 'not_allowed'],
    ['the founder', FOUNDER, DEVICE, 'not_allowed'],
    ['a role there is not', BOARD, { ...DEVICE, role: 'door' }, 'body_invalid'],
    ['a name with a slash', BOARD, { ...DEVICE, name: 'a/b' }, 'body_invalid'],
    ['a name that is none', BOARD, { ...DEVICE, name: '' }, 'body_invalid'],
    ['a name of 65 letters', BOARD, { ...DEVICE, name: 'x'.repeat(65) }, 'body_invalid'],
    ['no family', BOARD, { name: 'a', role: 'reader' }, 'body_invalid'],
    ['a field too many', BOARD, { ...DEVICE, node: BOARD }, 'body_invalid'],
    ['text', BOARD, 'front-reader', 'body_invalid'],
  ];
  for (const [why, key, body, code] of cases) refusedWith(t, play(state, key, 'device', body), code, why);
  const record = { node: BOARD, role: 'reader', family: 'rdm6300' };
  t.strictSame(play(state, BOARD, 'device', DEVICE), {
    ok: true,
    writes: [{ key: 'device/front-reader', value: record }],
  });
  refusedWith(t, play(state, BOARD_2, 'device', DEVICE), 'device_elsewhere', 'the name of another board');
  t.match(play(state, BOARD, 'device', { ...DEVICE, role: 'output', family: 'switch' }), { ok: true }, 'its own, anew');
  t.match(state.read('mesh', 'device/front-reader'), { role: 'output', node: BOARD });
  t.match(play(state, BOARD_2, 'device', { ...DEVICE, name: 'other' }), { ok: true });
  t.match(play(state, BOARD, 'device', { name: 'front-exit', role: 'input', family: 'contact' }), { ok: true });
});

t.test('returned: a board is back after a loss of power', async (t) => {
  const state = founded();
  t.strictSame(play(state, BOARD, 'returned', { lastMs: 5 }), { ok: true, writes: [] });
  refusedWith(t, play(state, FOUNDER, 'returned', { lastMs: 5 }), 'not_allowed', 'a person');
  for (const body of [{}, { lastMs: -1 }, { lastMs: '5' }, { lastMs: 5, boot: 1 }]) {
    refusedWith(t, play(state, BOARD, 'returned', body), 'body_invalid', JSON.stringify(body));
  }
});

t.test('recovered and interrupted: what became of a pulse', async (t) => {
  for (const kind of ['recovered', 'interrupted']) {
    const state = founded();
    const before = JSON.stringify([...state.changes()]);
    t.strictSame(play(state, BOARD, kind, PULSE), { ok: true, writes: [] }, kind);
    t.equal(JSON.stringify([...state.changes()]), before, 'changes no state');
    refusedWith(t, play(state, FOUNDER, kind, PULSE), 'not_allowed', 'a person');
    refusedWith(t, play(state, STRANGER, kind, PULSE), 'not_allowed', 'a stranger');
    const spoiled: Record<string, JsonObject> = {
      'a pulse that is a path': { ...PULSE, pulse: '../x' },
      'a pulse of 33 letters': { ...PULSE, pulse: 'x'.repeat(33) },
      'a number for text': { ...PULSE, onNs: 1 },
      'a time before the boot': { ...PULSE, onNs: '-1' },
      'a time without an end': { ...PULSE, onNs: '1'.repeat(21) },
      'one that still runs': { ...PULSE, offNs: null, end: 'running' },
      'an end in words': { ...PULSE, end: 'it ended' },
      'no end time': { pulse: 'a', output: 'b', onNs: '1', end: 'due' },
      'an output that is none': { ...PULSE, output: '' },
      'a field too many': { ...PULSE, more: null },
    };
    for (const [why, body] of Object.entries(spoiled))
      refusedWith(t, play(state, BOARD, kind, body), 'body_invalid', why);
  }
});

t.test('kinds that are none', async (t) => {
  for (const kind of ['nothing', 'constructor', '__proto__', 'toString', 'Root', 'root ', '']) {
    refusedWith(t, play(founded(), FOUNDER, kind, {}), 'kind_unknown', kind);
  }
});

t.test('a bug below is not an outcome', async (t) => {
  const broken = {
    read: () => {
      throw new TypeError('a bug');
    },
    scan: EMPTY_STATE.scan,
  };
  const author = { key: FOUNDER, principal: null, node: null };
  const call = {
    dapp: 'mesh',
    ver: '0.1.0',
    kind: 'root',
    re: null,
    body: rootBody(FOUNDING),
    block: hex('bb'),
    index: 0,
  };
  const at = { wallMs: 1, quality: 'synced' } as const;
  t.throws(() => applyMesh({ ...call, author, roles: [], at }, broken), TypeError);
});

t.test('a board that was restored has a flag until an admin takes it back', async (t) => {
  const state = founded();
  const key = `restored/${BOARD}`;
  refusedWith(t, play(state, STRANGER, 'restored', { asOfMs: 5 }), 'not_allowed', 'by a stranger');
  refusedWith(t, play(state, FOUNDER, 'restored', { asOfMs: 5 }), 'not_allowed', 'by a person');
  for (const body of [{}, { asOfMs: -1 }, { asOfMs: '5' }, { asOfMs: 5, node: BOARD_2 }, null]) {
    refusedWith(t, play(state, BOARD, 'restored', body), 'body_invalid', JSON.stringify(body));
  }
  refusedWith(t, play(state, FOUNDER, 'restored.clear', { node: BOARD }), 'not_restored', 'there is none yet');
  t.match(play(state, BOARD, 'restored', { asOfMs: 50 }), { ok: true });
  t.match(play(state, BOARD, 'restored', { asOfMs: 70 }), { ok: true });
  t.strictSame(state.read('mesh', key), { asOfMs: 50 }, 'a later backup of it knows no more');
  t.match(play(state, BOARD, 'restored', { asOfMs: 20 }), { ok: true });
  t.strictSame(state.read('mesh', key), { asOfMs: 20 }, 'an older one knows less');
  refusedWith(t, play(state, BOARD, 'restored.clear', { node: BOARD }), 'not_allowed', 'by the board itself');
  refusedWith(t, play(state, FOUNDER, 'restored.clear', { node: BOARD_2 }), 'not_restored', 'of another board');
  refusedWith(t, play(state, FOUNDER, 'restored.clear', { node: 'x' }), 'body_invalid', 'of no board');
  t.match(play(state, FOUNDER, 'restored.clear', { node: BOARD }), { ok: true });
  t.equal(state.read('mesh', key), null);
});
