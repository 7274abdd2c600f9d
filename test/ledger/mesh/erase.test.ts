import t from 'tap';
import type { Json } from '../../../src/base/json.ts';
import { ERASE_ENTRIES_MAX } from '../../../src/base/limits.ts';
import { idText } from '../../../src/format/ids.ts';
import { applyMesh } from '../../../src/ledger/mesh/apply.ts';
import type { EntryView, LedgerEntry } from '../../../src/ledger/mesh/erase.ts';
import { EMPTY_STATE } from '../../../src/ledger/overlay.ts';

const KEY = 'c0'.repeat(32);
const OWN = 'bb'.repeat(32);
const ID = 'aa'.repeat(32);
const TEXT = idText(ID);
const AT = { wallMs: 77, quality: 'synced' } as const;
const ERASABLE: LedgerEntry = {
  dapp: 'membership',
  kind: 'note.add',
  effect: null,
  isPlayed: true,
  isErased: false,
  heldKey: null,
};

/** A ledger in which every entry of block ID is like this. */
function allLike(change: Partial<LedgerEntry>): EntryView {
  return { find: (block) => (block === ID ? { ...ERASABLE, ...change } : null) };
}

function erase(entries: Json, view: EntryView = allLike({}), roles: readonly string[] = ['admin']) {
  const author = { key: KEY, principal: 'founder', node: null };
  const call = { dapp: 'mesh', ver: '0.1.0', kind: 'erase', re: null, block: OWN, index: 0, author, roles, at: AT };
  return applyMesh({ ...call, body: { entries } }, EMPTY_STATE, view);
}

t.test('an erase names entries, and state says who took them away, and when', async (t) => {
  const value = { by: 'founder', block: idText(OWN), atMs: 77 };
  const entries = [
    { block: TEXT, index: 0 },
    { block: TEXT, index: 255 },
  ];
  t.strictSame(erase(entries), {
    ok: true,
    writes: [
      { key: `erased/${ID}.0`, value },
      { key: `erased/${ID}.255`, value },
    ],
    erased: [
      { block: ID, index: 0 },
      { block: ID, index: 255 },
    ],
  });
  const many = Array.from({ length: ERASE_ENTRIES_MAX }, (_, index) => ({ block: TEXT, index }));
  t.match(erase(many), { ok: true });
});

t.test('what an erase is refused for', async (t) => {
  const one = [{ block: TEXT, index: 3 }];
  t.match(erase(one, allLike({}), ['node']), { ok: false, code: 'not_allowed' }, 'only an admin may');
  const reasons: Readonly<Record<string, Partial<LedgerEntry>>> = {
    erase_mesh: { dapp: 'mesh', kind: 'key.add' },
    erase_unplayed: { isPlayed: false },
    erase_done: { isErased: true },
    erase_held: { heldKey: 'note/m-1/n-1' },
  };
  for (const [code, change] of Object.entries(reasons)) t.match(erase(one, allLike(change)), { ok: false, code }, code);
  for (const effect of ['deny', 'lift'] as const) {
    t.match(erase(one, allLike({ effect })), { ok: false, code: 'erase_denial' }, effect);
  }
  t.match(erase([{ block: idText(OWN), index: 0 }]), { ok: false, code: 'erase_unknown' });
  t.match(erase([...one, { block: idText(OWN), index: 0 }]), { ok: false, code: 'erase_unknown' }, 'one of two');
  const many = Array.from({ length: ERASE_ENTRIES_MAX + 1 }, (_, index) => ({ block: TEXT, index }));
  const forms: Readonly<Record<string, Json>> = {
    'no list': { block: TEXT, index: 0 },
    'an empty one': [],
    'one over the cap': many,
    'the same twice': [...one, ...one],
    'no map': ['x'],
    'a field more': [{ block: TEXT, index: 0, why: 'x' }],
    'an index below 0': [{ block: TEXT, index: -1 }],
    'an index above any': [{ block: TEXT, index: 256 }],
    'an id in hex': [{ block: ID, index: 0 }],
  };
  for (const [name, entries] of Object.entries(forms)) {
    t.match(erase(entries), { ok: false, code: 'body_invalid' }, name);
  }
  t.match(erase([{ block: 'bafyxyz', index: 0 }]), { ok: false, code: 'bad_block_id' });
  t.match(erase(one, undefined), { ok: true }, 'and for nothing else');
});

t.test('without a ledger to look into, nothing can be erased', async (t) => {
  const author = { key: KEY, principal: 'founder', node: null };
  const body = { entries: [{ block: TEXT, index: 0 }] };
  const call = { dapp: 'mesh', ver: '0.1.0', kind: 'erase', re: null, block: OWN, index: 0, author, at: AT };
  t.match(applyMesh({ ...call, roles: ['admin'], body }, EMPTY_STATE), { ok: false, code: 'erase_unknown' });
});
