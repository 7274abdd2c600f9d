import { deepStrictEqual } from 'node:assert/strict';
import { dirname } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { cleanName, foldName } from '../../dapps/membership/names.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { runScriptedTests } from '../../src/sandbox/scripted.ts';
import { ContractUnderTest, type Entry, folderOf, manifestOf, type Verdict } from './harness.ts';

const quiet = { info: () => {}, warn: () => {} };

t.test('the scripted tests pass, twice the same', async (t) => {
  const runner = createProcessRunner({ path: dirname(process.execPath) });
  const manifest = manifestOf('membership');
  const failures = await runScriptedTests({
    manifest,
    folder: folderOf('membership'),
    runner,
    branch: 'main',
    log: quiet,
  });
  t.equal(manifest.tests.length, 2);
  t.same(failures, []);
});

// Few ids, names and cards, so that histories collide all the time.
const member = fc.constantFrom('m-1', 'm-2', 'm-3');
const name = fc.constantFrom('Ada', ' ada', 'ADA', 'Jos\u00e9', 'JOSE\u0301', 'Bob  Ray', 'bob ray', 'Zo\u00eb', '');
const view = fc.record({
  epoch: fc.constantFrom('e1', 'e2'),
  bits: fc.constantFrom(24, 32, 40),
  hash: fc.constantFrom('a', 'b').map((digit) => digit.repeat(64)),
});
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ kind: fc.constant('member.add'), body: fc.record({ member, name }) }),
  fc.record({
    kind: fc.constant('badge.enrol'),
    body: fc.record({
      member,
      badge: fc.constantFrom('b-1', 'b-2'),
      family: fc.constant('em4100'),
      label: fc.constantFrom('fob', 'card'),
      views: fc.array(view, { minLength: 1, maxLength: 3 }),
    }),
  }),
);

t.test('every history keeps the invariants and folds the same twice', async (t) => {
  const contract = new ContractUnderTest(t, 'membership');
  const seen = new Set<string | undefined>();
  const play = async (history: readonly Entry[]): Promise<{ verdicts: Verdict[]; rows: unknown }> => {
    contract.reset();
    const verdicts: Verdict[] = [];
    for (const one of history) verdicts.push(await contract.apply(one));
    for (const { code } of verdicts) seen.add(code);
    return { verdicts, rows: contract.rows() };
  };
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 32, size: 'max' }), async (history) => {
      const first = await play(history);
      checkInvariants(contract);
      const second = await play(history);
      deepStrictEqual(second, first);
    }),
    { numRuns: 60 },
  );
  for (const code of ['member_exists', 'name_taken', 'no_such_member', 'badge_taken', 'badge_exists', 'bad_view']) {
    t.ok(seen.has(code), `the histories reach ${code}`);
  }
});

function checkInvariants(contract: ContractUnderTest): void {
  const members = new Map(contract.rows('member/').map(({ key, value }) => [key.slice(7), value as JsonObject]));
  const names = [...members.values()].map((record) => foldName(String(record.name)));
  if (new Set(names).size !== names.length) throw new Error('two members share a folded name');
  for (const [id, record] of members) {
    const holder = contract.state.read('membership', `name/${foldName(String(record.name))}`);
    if (holder !== id) throw new Error(`the name of ${id} leads to ${String(holder)}`);
  }
  if (contract.rows('name/').length !== members.size) throw new Error('a name leads to nobody');
  const views: string[] = [];
  for (const { key, value } of contract.rows('held/')) {
    const [, holder = '', badge] = key.split('/');
    if (!members.has(holder)) throw new Error(`${key} belongs to nobody`);
    for (const { epoch, bits, hash } of (value as { views: { epoch: string; bits: number; hash: string }[] }).views) {
      views.push(`badge/${epoch}/${bits}/${hash}`);
      const record = contract.state.read('membership', `badge/${epoch}/${bits}/${hash}`) as JsonObject | null;
      if (record?.member !== holder || record.badge !== badge) throw new Error(`a view of ${key} leads elsewhere`);
    }
  }
  if (new Set(views).size !== views.length) throw new Error('two badges share a view');
  if (contract.rows('badge/').length !== views.length) throw new Error('a view leads to no badge');
}

/** In ASCII: some of these characters would break the lines of the report. */
function pointsOf(text: string): string {
  return Array.from(text.slice(0, 8), (char) => (char.codePointAt(0) ?? 0).toString(16)).join(' ');
}

t.test('names', async (t) => {
  t.equal(cleanName(' Ada \u00a0 Lovelace\u3000'), 'Ada Lovelace');
  t.equal(cleanName('x'.repeat(64)).length, 64);
  t.equal([...cleanName('\u{1f469}\u200d\u{1f52c}')].length, 3, 'joiners stay');
  const refused = [
    '',
    ' ',
    'x'.repeat(65),
    'a\tb',
    'a\0',
    'a\u0085b',
    'a\u2028b',
    'a\u202eb',
    'a\ud800',
    '\u200f',
    'a\ufeffb',
  ];
  for (const bad of refused) t.throws(() => cleanName(bad), { code: 'bad_name' }, `refused: ${pointsOf(bad)}`);
  // 64 points that NFC makes longer are too many, or the state key could pass 512 bytes.
  t.throws(() => cleanName('\u{1d160}'.repeat(64)), { code: 'bad_name' });

  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (given) => {
      let clean: string;
      try {
        clean = cleanName(given);
      } catch {
        return;
      }
      const folded = foldName(clean);
      if (cleanName(clean) !== clean) throw new Error('cleaning twice changes a name');
      if (foldName(folded) !== folded) throw new Error('folding twice changes a name');
      if (Buffer.byteLength(`name/${folded}`) > 512) throw new Error('the key is too long');
    }),
    { numRuns: 5_000 },
  );
});

t.test('queries refuse what nobody has checked', async (t) => {
  const contract = new ContractUnderTest(t, 'membership');
  const refused: readonly [string, JsonObject, string][] = [
    ['member', {}, 'bad_field'],
    ['member', { member: 7 }, 'bad_field'],
    ['member', { member: '../x' }, 'bad_id'],
    ['member', { member: 'm-1' }, 'no_such_member'],
    ['member', { name: 'nobody' }, 'no_such_member'],
    ['member', { name: '' }, 'bad_name'],
    ['members', { limit: 0 }, 'bad_field'],
    ['members', { limit: 257 }, 'bad_field'],
    ['members', { after: 'a/b' }, 'bad_id'],
    ['constructor', {}, 'unknown_query'],
  ];
  for (const [query, params, code] of refused) await t.rejects(contract.query(query, params), { code });
});
