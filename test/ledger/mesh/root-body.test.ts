import t from 'tap';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX, BLOCK_PARENTS_MAX, BODY_BYTES_MAX } from '../../../src/base/limits.ts';
import { decodeJson, encodeJson } from '../../../src/format/json-value.ts';
import { rootBody, rootCaps } from '../../../src/ledger/mesh/root-body.ts';
import { CAPS } from '../written-chain.ts';

const KEY = 'aa'.repeat(32);
const BODY = rootBody({
  name: 'Nord',
  founder: { principal: 'founder', name: 'Ada', key: KEY },
  node: { name: 'front', key: 'bb'.repeat(32) },
  recovery: 'cc'.repeat(32),
  dapps: [{ dapp: 'door', ver: '0.1.0' }],
});

t.test('carries what the ledger says a root carries', async (t) => {
  t.match(BODY, {
    founder: { principal: 'founder', key: KEY },
    node: { key: 'bb'.repeat(32) },
    recovery: 'cc'.repeat(32),
    rules: { seats: ['bb'.repeat(32)], quorum: 'two-thirds' },
    caps: {
      blockBytesMax: BLOCK_BYTES_MAX,
      parentsMax: BLOCK_PARENTS_MAX,
      entriesMax: BLOCK_ENTRIES_MAX,
      bodyBytesMax: BODY_BYTES_MAX,
    },
    dapps: [{ dapp: 'door', ver: '0.1.0' }],
  });
  t.strictSame(Object.keys(BODY.chunkers as JsonObject).length, 2, 'both chunker profiles');
  t.strictSame(decodeJson(encodeJson(BODY), BODY_BYTES_MAX), BODY, 'in canonical form, within the cap of a body');
});

t.test('the caps of a root are those it names', async (t) => {
  t.strictSame(rootCaps(BODY), CAPS);
  const least = { blockBytesMax: 1024, parentsMax: 2, entriesMax: 1, bodyBytesMax: 1024 };
  t.strictSame(rootCaps({ caps: least }), least);
});

t.test('caps nobody could keep to are refused', async (t) => {
  const caps = { ...CAPS };
  const cases: Record<string, Json> = {
    'no map': 'root',
    'no caps': {},
    'caps null': { caps: null },
    'a block over ours': { caps: { ...caps, blockBytesMax: BLOCK_BYTES_MAX + 1 } },
    'a block under 1 KiB': { caps: { ...caps, blockBytesMax: 1023 } },
    'parents over ours': { caps: { ...caps, parentsMax: BLOCK_PARENTS_MAX + 1 } },
    'fewer parents than prev and base': { caps: { ...caps, parentsMax: 1 } },
    'no entries': { caps: { ...caps, entriesMax: 0 } },
    'entries over ours': { caps: { ...caps, entriesMax: BLOCK_ENTRIES_MAX + 1 } },
    'a body over ours': { caps: { ...caps, bodyBytesMax: BODY_BYTES_MAX + 1 } },
    'a body under 1 KiB': { caps: { ...caps, bodyBytesMax: 0 } },
    'text for a number': { caps: { ...caps, bodyBytesMax: '2048' } },
    'no number': { caps: { blockBytesMax: 1024, parentsMax: 2, entriesMax: 1 } },
  };
  for (const [name, body] of Object.entries(cases)) t.throws(() => rootCaps(body), { code: 'root_form' }, name);
});
