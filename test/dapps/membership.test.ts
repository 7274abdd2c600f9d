import { dirname } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { BADGES_MAX, NOTES_MAX, PLANS_MAX } from '../../dapps/membership/caps.ts';
import { cleanName, foldName } from '../../dapps/membership/names.ts';
import { MEMBERSHIP } from '../../dapps/membership/rules.ts';
import { applyEntry } from '../../dapps/sdk/judge.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { DAPP_WRITES_MAX } from '../../src/base/limits.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { runScriptedTests } from '../../src/sandbox/scripted.ts';
import { ContractUnderTest, folderOf, manifestOf } from './harness.ts';
import { RulesUnderTest } from './in-process.ts';

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
  t.equal(manifest.tests.length, 9);
  t.same(failures, []);
});

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
    'A\u3164da',
    'a\u1160',
    '\u3164',
    '\u200b',
    '\u2060\u00ad',
    '\u200d',
    '\u200c \ufe0f',
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
    ['members', { limit: 101 }, 'bad_field'],
    ['members', { after: 'a/b' }, 'bad_id'],
    ['plans', { limit: 101 }, 'bad_field'],
    ['families', { after: 7 }, 'bad_field'],
    ['notes', { member: 'm-1' }, 'no_such_member'],
    ['notes', {}, 'bad_field'],
    ['holder', {}, 'bad_field'],
    ['holder', { views: [] }, 'bad_view'],
    ['holder', { views: Array(49).fill({ epoch: 'e', bits: 24, hash: 'a'.repeat(64) }) }, 'bad_view'],
    ['holder', { views: [{ epoch: '../x', bits: 24, hash: 'a'.repeat(64) }] }, 'bad_view'],
    ['constructor', {}, 'unknown_query'],
  ];
  for (const [query, params, code] of refused) await t.rejects(contract.query(query, params), { code });
});

t.test('what one member has is capped, so that all of it can be forgotten in one outcome', async (t) => {
  const rules = new RulesUnderTest(MEMBERSHIP);
  const hash = (number: number) => number.toString(16).padStart(64, '0');
  const done = async (kind: string, body: JsonObject) =>
    t.match(await rules.apply({ kind, body }), { ok: true }, `${kind} ${Object.values(body)[1]}`);
  const member = 'm-1';
  await done('member.add', { member, name: 'Ada' });
  const enrolment = (number: number) => ({
    member,
    badge: `b-${number}`,
    family: 'em4100',
    label: 'fob',
    views: [40, 32, 24].map((bits, at) => ({ epoch: 'e', bits, hash: hash(3 * number + at) })),
  });
  for (let number = 0; number < BADGES_MAX; number += 1) {
    await done('badge.enrol', enrolment(number));
    await done('badge.lost', { member, badge: `b-${number}` });
  }
  t.match(await rules.apply({ kind: 'badge.enrol', body: enrolment(99) }), { code: 'too_many_badges' });
  // Of the widest letters and the most escapes: all of them come in one page all the same.
  const longest = `${'\u{1f469}'.repeat(1_000)}${'"'.repeat(1_000)}`;
  for (let number = 0; number < NOTES_MAX; number += 1) {
    await done('note.add', { member, note: `n-${number}`, text: longest });
  }
  t.match(await rules.apply({ kind: 'note.add', body: { member, note: 'n', text: 'x' } }), { code: 'too_many_notes' });
  for (let number = 0; number < PLANS_MAX; number += 1) {
    await done('plan.set', { plan: `p-${number}`, title: 'P', graceDays: 0, family: false });
    await done('plan.give', { member, plan: `p-${number}`, from: 0, until: null });
  }
  await done('plan.set', { plan: 'p', title: 'P', graceDays: 0, family: false });
  const further = { member, plan: 'p', from: 0, until: null };
  t.match(await rules.apply({ kind: 'plan.give', body: further }), { code: 'too_many_plans' });
  await done('plan.give', { ...further, plan: 'p-0', until: 9 });

  const { writes } = (await applyEntry(MEMBERSHIP, forgetting(member), rules.reader())) as { writes: JsonObject[] };
  t.ok(writes.length <= DAPP_WRITES_MAX, `${writes.length} writes`);
  await done('member.forget', { member });
  t.same(rules.rows('note/'), []);
  t.same(rules.rows('held/'), []);
  t.equal(rules.rows('blocked/').length, 3 * BADGES_MAX);
});

function forgetting(member: string): JsonObject {
  return {
    entry: { kind: 'member.forget', ver: '0.2.0', body: { member }, block: 'b', index: 0 },
    author: { key: 'k', principal: null, node: null },
    roles: [],
    at: { ms: 0, quality: 'synced' },
    seed: '',
  };
}

t.test('the pages of a list are whole, however much each member has', async (t) => {
  const rules = new RulesUnderTest(MEMBERSHIP);
  const groups = Array.from({ length: 16 }, (_, at) => `g${at}${'x'.repeat(60)}`);
  const ids = Array.from({ length: 230 }, (_, at) => `m-${at}`);
  for (const member of ids) {
    await rules.apply({ kind: 'member.add', body: { member, name: `Member ${member}`, groups } });
  }
  await rules.apply({ kind: 'member.suspend', body: { member: 'm-7', reason: 'saw' } });
  const listed: JsonObject[] = [];
  for (let after: JsonObject = {}; ; ) {
    const page = (await rules.query('members', after)) as { members: JsonObject[]; more: boolean };
    t.ok(page.members.length <= 100);
    listed.push(...page.members);
    const last = page.members.at(-1);
    if (!page.more || last === undefined) break;
    after = { after: last.member ?? null };
  }
  t.same(
    listed.map(({ member }) => member),
    [...ids].sort(),
  );
  t.same(
    listed.filter(({ suspended }) => suspended).map(({ member }) => member),
    ['m-7'],
  );
});
