import t, { type Test } from 'tap';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { COVERED_ASKED_MAX } from '../../../src/base/limits.ts';
import { hashPin } from '../../../src/devices/pin.ts';
import { OPERATIONS } from '../../../src/node/operations/operations.ts';
import type { Space } from '../../../src/node/space.ts';
import { systemRandomness } from '../../../src/node/system.ts';
import { copySpace, makeSpace, withSpace } from '../made-space.ts';

/** What the operations add to the rules of membership, on a real space without a node. */

const made = await makeSpace(t);

type Call = (name: string, params?: JsonObject) => Promise<JsonObject>;

/** Runs `task` on a fresh copy of the space. */
async function inSpace(t: Test, task: (call: Call, space: Space, progress: string[]) => Promise<void>): Promise<void> {
  await withSpace(copySpace(t, made.folder), async (space) => {
    const stages: string[] = [];
    const progress = (stage: string, done: number, total: number) => {
      stages.push(`${stage} ${done}/${total}`);
    };
    const call: Call = async (name, params = {}) => {
      const operation = OPERATIONS[name];
      if (operation === undefined) throw new Error(`no operation ${name}`);
      return (await operation({ space, randomness: systemRandomness, progress }, params)) as JsonObject;
    };
    await task(call, space, stages);
  });
}

const row = (line: number, name: string, more: JsonObject = {}): JsonObject => ({ line, name, badges: [], ...more });
const card = (number: number) => ({ column: 'badge', number: String(number).padStart(10, '0') });

t.test('people: each suspension is lifted by its own entry, and nothing else lifts one', async (t) => {
  await inSpace(t, async (call, space) => {
    const { member } = await call('member.add', { name: 'Ada', groups: ['laser'], email: 'ada@example.org' });
    t.match(await call('member.show', { member: 'ada' }), { member, standing: { inOrder: true }, denials: [] });
    await call('member.suspend', { member: 'Ada', reason: 'saw' });
    await call('member.suspend', { member: String(member), reason: 'glue' });
    t.match(await call('member.show', { member: 'Ada' }), { standing: { code: 'suspended' } });
    await t.rejects(call('member.forget', { member: 'Ada' }), { code: 'suspended' });
    await call('member.edit', { member: 'Ada', name: 'Ada L', groups: [] });
    const { lifted } = (await call('member.resume', { member: 'Ada L' })) as { lifted: JsonObject[] };
    t.same(lifted.map(({ reason }) => reason).sort(), ['glue', 'saw']);
    await t.rejects(call('member.resume', { member: 'Ada L' }), { code: 'not_suspended' });
    t.match(await call('member.show', { member: 'Ada L' }), { denials: [], groups: [], email: 'ada@example.org' });
    await call('note.add', { member: 'Ada L', text: 'knows the lathe' });
    const { notes } = (await call('note.list', { member: 'Ada L' })) as { notes: JsonObject[] };
    t.match(notes, [{ text: 'knows the lathe', by: 'founder' }]);
    const noteErased = await call('note.erase', { member: 'Ada L', note: notes[0]?.note ?? null });
    t.match(noteErased, { erased: 1, kept: 0 }, 'the entry with it');
    await call('badge.enrol', { member: 'Ada L', number: '0009362416' });
    // Her adding, her edit, the end of the note, her card; two suspensions and their two lifts stay.
    t.match(await call('member.forget', { member: 'Ada L' }), { erased: 4, kept: 4 });
    const { rows } = (await call('log.read')) as { rows: JsonObject[] };
    for (const secret of ['ada@example.org', 'Ada L', 'knows the lathe']) {
      t.notOk(JSON.stringify(rows).includes(secret), `${secret} is nowhere`);
    }
    t.match(await call('verify'), { findings: [] });
    await t.rejects(call('member.show', { member: String(member) }), { code: 'no_such_member' });
    t.equal(space.state.read('membership', `gone/${member}`), true);
  });
});

t.test('plans, families and guests', async (t) => {
  await inSpace(t, async (call, space) => {
    await call('member.add', { name: 'Eve' });
    await call('plan.set', { plan: 'month', title: 'Month', graceDays: 0, family: true });
    const { from, until } = await call('plan.give', {
      member: 'Eve',
      plan: 'month',
      from: 1_001,
      until: Date.UTC(2026, 0, 1) + 7,
    });
    t.equal(from, 1_000, 'whole seconds, as a table has them');
    t.equal(until, Date.UTC(2026, 0, 1));
    t.match(await call('member.show', { member: 'Eve' }), { standing: { code: 'expired' } }, 'at this very moment');
    await t.rejects(call('plan.take', { member: 'Eve', plan: 'none' }), { code: 'plan_not_held' });
    await call('family.set', { family: 'eves', title: 'The Eves', member: 'Eve' });
    await call('member.add', { name: 'Fay', family: 'eves' });
    t.match(await call('member.show', { member: 'Fay' }), { standing: { code: 'expired' } });
    t.match(await call('family.list'), { families: [{ family: 'eves', members: [String] }] });
    await t.rejects(call('family.remove', { family: 'eves' }), { code: 'family_used' });
    const soon = space.clock.now().wallMs + 60_000;
    const { guest } = await call('guest.add', { name: 'Gus', member: 'Eve', until: soon });
    t.match(await call('guest.list'), { guests: [{ member: guest, guest: { until: soon, hours: [] } }], more: false });
    t.match(await call('member.show', { member: String(guest) }), { standing: { inOrder: true, until: soon } });
    await call('guest.end', { member: 'Gus' });
    t.match(await call('member.show', { member: 'Gus' }), { standing: { code: 'guest_over' } });
    await t.rejects(call('guest.end', { member: 'Eve' }), { code: 'not_a_guest' });
  });
});

t.test('whoever a command leaves without any plan is told, and only a word makes anybody permanent', async (t) => {
  await inSpace(t, async (call) => {
    const names = (result: JsonObject) => (result.withoutPlan as JsonObject[]).map(({ name }) => name).sort();
    const inOrder = async (member: string) =>
      ((await call('member.show', { member })).standing as JsonObject).inOrder === true;
    t.same(names(await call('member.add', { name: 'Eve' })), []);
    t.match(await call('member.show', { member: 'Eve' }), { permanent: true, standing: { inOrder: true } });
    t.same(names(await call('member.add', { name: 'Dan', permanent: false })), ['Dan']);
    await call('plan.set', { plan: 'fam', title: 'Family', graceDays: 0, family: true });
    await call('plan.set', { plan: 'solo', title: 'Solo', graceDays: 0, family: false });
    await call('family.set', { family: 'eves', title: 'The Eves', member: 'Eve' });
    for (const name of ['Fay', 'Gil']) t.same(names(await call('member.add', { name, family: 'eves' })), []);
    await call('member.add', { name: 'Hal', family: 'eves', permanent: true });
    const given = await call('plan.give', { member: 'Eve', plan: 'solo' });
    t.same(names(given), ['Fay', 'Gil'], 'a permanent head covered them, and this plan does not');
    t.match(await call('member.show', { member: 'Fay' }), {
      permanent: false,
      standing: { inOrder: false, code: 'expired', rule: 'no-plan' },
    });
    t.same(names(await call('plan.give', { member: 'Eve', plan: 'fam' })), []);
    t.same(names(await call('plan.give', { member: 'Gil', plan: 'solo' })), []);
    t.match(await call('plan.take', { member: 'Eve', plan: 'fam' }), {
      left: 1,
      isAll: true,
      withoutPlan: [{ name: 'Fay' }],
    });
    t.match(await call('plan.take', { member: 'Eve', plan: 'solo' }), {
      left: 0,
      withoutPlan: [{ name: 'Eve' }, { name: 'Fay' }],
    });
    await t.rejects(call('member.edit', { member: 'Gil', permanent: true }), { code: 'has_plans' });
    t.match(await call('member.edit', { member: 'Eve', permanent: true }), {
      permanent: { before: false, after: true },
      withoutPlan: { length: 0 },
    });
    t.ok(await inOrder('Fay'), 'by her head');
    t.same(names(await call('family.set', { family: 'eves', title: 'The Dans', member: 'Dan' })), ['Dan', 'Fay']);
    t.same(
      names(await call('member.edit', { member: 'Fay', family: null })),
      ['Fay'],
      'leaving makes nobody permanent',
    );
    const joined = await call('member.edit', { member: 'Eve', family: 'eves' });
    t.match(joined, { permanent: { before: true, after: false } });
    t.same(names(joined), ['Eve'], 'she heads no family any more');
    t.match(await call('plan.set', { plan: 'fam', title: 'Family', graceDays: 0, family: false }), { uncovers: true });
    t.match(await call('plan.set', { plan: 'fam', title: 'Family', graceDays: 0, family: false }), { uncovers: false });
    t.notOk(await inOrder('Eve'));
    t.ok(await inOrder('Hal'), 'as he was added');
  });
});

t.test('of a household without end, so many are asked about, and it is said that there are more', async (t) => {
  await inSpace(t, async (call, space) => {
    const { member: head } = await call('member.add', { name: 'Eve', permanent: false });
    await call('family.set', { family: 'eves', title: 'The Eves', member: 'Eve' });
    const kin = Array.from({ length: COVERED_ASKED_MAX - 1 }, (_, at) => ({ member: `m-${at}`, name: `Kin ${at}` }));
    for (let from = 0; from < kin.length; from += 64) {
      const orders = kin
        .slice(from, from + 64)
        .map((one) => ({ kind: 'member.add', body: { ...one, family: 'eves' } }));
      await space.appendCommands('membership', orders);
    }
    const all = await call('family.set', { family: 'eves', title: 'All', member: 'Eve' });
    t.match(all, { head, isAll: true, withoutPlan: { length: COVERED_ASKED_MAX } });
    await call('member.add', { name: 'One more', family: 'eves' });
    const some = await call('family.set', { family: 'eves', title: 'More', member: 'Eve' });
    t.match(some, { isAll: false, withoutPlan: { length: COVERED_ASKED_MAX } });
  });
});

t.test('a card is a badge or a break-glass card, never both: it would open nothing', async (t) => {
  await inSpace(t, async (call, space) => {
    await call('member.add', { name: 'Bob' });
    await call('badge.enrol', { member: 'Bob', number: '0009362416' });
    await call('glass.add', { number: '0000000042', card: 'safe-1', label: 'safe-1' });
    for (const number of ['0000000042', '0,42', 'hex:010000002A']) {
      const refused = { code: 'badge_taken', message: /break-glass card safe-1/ };
      await t.rejects(call('badge.enrol', { member: 'Bob', number }), refused, number);
      const rows = [row(2, 'Eve', { badges: [{ column: 'badge', number }] })];
      t.match(await call('member.import', { rows }), { problems: [{ line: 2, ...refused }] }, number);
      await t.rejects(call('glass.add', { number, card: 'safe-2', label: 'safe-2' }), refused, number);
    }
    const again = call('glass.add', { number: '0009362416', card: 'safe-2', label: 'safe-2' });
    await t.rejects(again, { code: 'badge_taken', message: /for Bob/ });
    await call('badge.lost', { member: 'Bob' });
    await call('badge.remove', { member: 'Bob' });
    const lost = call('glass.add', { number: '0009362416', card: 'safe-2', label: 'safe-2' });
    await t.rejects(lost, { code: 'badge_lost' });
    t.equal(space.state.scan('door', 'glasscard/', null, 9).rows.length, 1);
  });
});

t.test('badges: named by id or label, a lost one found by its own entry, PINs as hashes', async (t) => {
  await inSpace(t, async (call, space) => {
    await call('member.add', { name: 'Ada' });
    await call('member.add', { name: 'Bob' });
    await t.rejects(call('badge.lost', { member: 'Ada' }), { code: 'no_such_badge' });
    const { badge } = await call('badge.enrol', { member: 'Ada', number: '0009362416', label: 'blue' });
    await call('badge.enrol', { member: 'Ada', number: '0009362417', label: 'red' });
    await t.rejects(call('badge.lost', { member: 'Ada' }), { code: 'badge_unclear' });
    await t.rejects(call('badge.lost', { member: 'Ada', badge: 'green' }), { code: 'no_such_badge' });
    await t.rejects(call('badge.enrol', { member: 'Bob', number: '0009362416' }), { code: 'badge_taken' });
    t.match(await call('badge.lost', { member: 'Ada', badge: 'blue' }), { badge });
    const { badge: named } = await call('badge.enrol', { member: 'Ada', number: '0009362418', label: String(badge) });
    await call('badge.found', { member: 'Ada' });
    t.match(await call('badge.lost', { member: 'Ada', badge: String(badge) }), { badge }, 'an id before a label');
    await call('badge.remove', { member: 'Ada', badge: String(named) });
    await t.rejects(call('badge.enrol', { member: 'Bob', number: '0009362416' }), { code: 'badge_lost' });
    t.match(await call('badge.found', { member: 'Ada' }), { badge, isHeld: true }, 'the only one that is lost');
    await call('badge.lost', { member: 'Ada', badge: String(badge) });
    t.match(await call('badge.remove', { member: 'Ada', badge: 'blue' }), { isLost: true });
    await t.rejects(call('badge.enrol', { member: 'Bob', number: '0009362416' }), { code: 'badge_lost' });
    t.match(await call('badge.found', { member: 'Ada', badge: String(badge) }), { isHeld: false });
    await call('badge.enrol', { member: 'Bob', number: '0009362416' });

    for (const pin of ['123', '1234567890123', '12a4', '']) {
      await t.rejects(call('badge.pin', { member: 'Bob', pin }), { code: 'pin_unreadable' }, JSON.stringify(pin));
    }
    // Of twelve digits: four stand in an id by chance.
    const pin = '047110815047';
    const set = await call('badge.pin', { member: 'Bob', pin });
    t.notOk(JSON.stringify(set).includes(pin));
    const held = space.state.read('membership', `held/${set.member}/${set.badge}`) as JsonObject;
    const [key] = space.badgeKeys;
    const views = held.views as { epoch: string; bits: number; hash: string }[];
    const wanted = views.map(({ epoch, bits, hash }) => ({
      epoch,
      bits,
      hash: hashPin(key?.key ?? new Uint8Array(), hash, pin),
    }));
    t.same(held.pin, wanted);
    t.match(await call('badge.pin', { member: 'Bob', pin: null }), { pin: false });
  });
});

t.test('the card that a door denied last because nobody knew it', async (t) => {
  await inSpace(t, async (call, space) => {
    await call('member.add', { name: 'Ada' });
    const devices = [
      { name: 'r', role: 'reader', family: 'rdm6300' },
      { name: 'o', role: 'output', family: 'switch' },
    ];
    for (const device of devices) await space.appendFact('mesh', 'device', device);
    await call('door.add', { door: 'front', reader: 'r', output: 'o', openMs: 3_000, bits: 24 });
    await t.rejects(call('badge.enrol-last', { member: 'Ada', door: 'front' }), { code: 'no_unknown_card' });
    await t.rejects(call('badge.enrol-last', { member: 'Ada', door: 'none' }), { code: 'no_such_door' });
    const epoch = space.badgeKeys[0]?.epoch ?? '';
    const views = [40, 32, 24].map((bits) => ({ epoch, bits, hash: String(bits % 10).repeat(64) }));
    const fact = { door: 'front', code: 'unknown_badge', rule: 'badge', event: 'e1', clock: 'synced', views };
    await space.appendFact('door', 'denied', fact);
    await space.fold.settled();
    t.match(await call('badge.enrol-last', { member: 'Ada', door: 'front' }), { bits: [40, 32, 24] });
    await t.rejects(call('badge.enrol-last', { member: 'Ada', door: 'front' }), { code: 'badge_taken' });
  });
});

t.test('a table with a mistake in it changes nothing, and each mistake is told by line and column', async (t) => {
  await inSpace(t, async (call, space) => {
    await call('member.add', { name: 'Ada' });
    await call('badge.enrol', { member: 'Ada', number: '0000000001' });
    await call('member.add', { name: 'Bob' });
    await call('badge.enrol', { member: 'Bob', number: '0000000002' });
    await call('badge.lost', { member: 'Bob' });
    await call('badge.remove', { member: 'Bob' });
    await call('guest.add', { name: 'Gus', member: 'Ada', until: 9e12 });
    await call('plan.set', { plan: 'month', title: 'Month', graceDays: 0, family: false });
    const before = space.blocks.counts();
    const result = await call('member.import', {
      rows: [
        row(2, 'Cy', { groups: ['wood'], plan: 'month', until: 9e12, badges: [card(7)] }),
        row(3, 'x'.repeat(65)),
        row(4, 'Di', { email: 'nobody' }),
        row(5, 'Ed', { plan: 'none' }),
        row(6, 'Flo', { plan: 'month', from: 5_000, until: 4_000 }),
        row(7, 'Hal', { badges: [card(1)] }),
        row(8, 'Ida', { badges: [card(7)] }),
        row(9, 'Jo', { badges: [card(2)] }),
        row(10, 'Kay', { badges: [{ column: 'badge2', number: 'blue' }] }),
        row(11, 'gus'),
        row(12, 'Lu', { groups: ['a/b'] }),
        row(13, 'Mo', { roles: ['king'] }),
      ],
    });
    t.same(
      (result.problems as JsonObject[]).map(({ line, column, code }) => [line, column, code]),
      [
        [3, 'name', 'bad_name'],
        [4, 'email', 'bad_email'],
        [5, 'plan', 'no_such_plan'],
        [6, 'until', 'bad_dates'],
        [7, 'badge', 'badge_taken'],
        [8, 'badge', 'badge_taken'],
        [9, 'badge', 'badge_lost'],
        [10, 'badge2', 'credential_unreadable'],
        [11, 'name', 'is_guest'],
        [12, 'groups', 'bad_id'],
        [13, 'name', 'body_invalid'],
      ],
    );
    t.same(space.blocks.counts(), before, 'nothing was written');
    await t.rejects(call('member.import', { rows: [{ line: 1 }] }), { code: 'bad_params' });
    await t.rejects(call('member.import', { rows: Array(4_001).fill(row(1, 'Ada')) }), { code: 'import_too_long' });
  });
});

t.test('a thousand members come by a table, once', async (t) => {
  await inSpace(t, async (call, space, progress) => {
    await call('plan.set', { plan: 'month', title: 'Month', graceDays: 0, family: false });
    await call('plan.set', { plan: 'laser', title: 'Laser', graceDays: 0, family: false });
    await call('member.add', { name: 'member 7', groups: ['old'] });
    await call('badge.enrol', { member: 'Member 7', number: '0000000007' });
    await call('member.suspend', { member: 'Member 7', reason: 'saw' });
    await call('badge.lost', { member: 'Member 7' });
    const rows = Array.from({ length: 1_000 }, (_, at) =>
      row(at + 2, `Member ${at}`, {
        email: `member${at}@example.org`,
        groups: ['wood'],
        plan: 'month',
        from: Date.UTC(2026, 0, 1),
        badges: [card(at)].filter(() => at > 0),
      }),
    );
    rows.push(row(1_002, 'MEMBER 3', { plan: 'laser', until: 9e12 }));
    const dry = await call('member.import', { rows: rows.slice(0, 20), dryRun: true });
    t.match(dry, { rows: 20, added: 19, changed: 1, unchanged: 0, problems: [] });
    t.match(await call('member.list'), { members: { length: 1 } }, 'a dry run writes nothing');
    const startMs = performance.now();
    const result = await call('member.import', { rows });
    t.comment(`imported in ${Math.round(performance.now() - startMs)} ms`);
    t.match(result, { added: 999, changed: 1, unchanged: 0, commands: 2 * 999 + 998 + 3, problems: [] });
    t.ok(progress.includes('checking rows 1001/1001'));
    t.ok(progress.includes(`writing members ${result.commands}/${result.commands}`));
    t.match(await call('member.show', { member: 'Member 999' }), {
      email: 'member999@example.org',
      plans: [{ plan: 'month', until: null }],
      badges: [{ lost: null }],
    });
    t.match(await call('member.show', { member: 'Member 3' }), { plans: [{ plan: 'laser' }, { plan: 'month' }] });
    t.match(
      await call('member.show', { member: 'Member 7' }),
      { groups: ['wood'], denials: [{ reason: 'saw' }], badges: [{ lost: { index: 0 } }] },
      'a suspension and a lost card stay',
    );
    const counts = space.blocks.counts();
    t.match(await call('member.import', { rows }), { added: 0, changed: 0, unchanged: 1_000, commands: 0 });
    t.same(space.blocks.counts(), counts, 'the same table again writes nothing');
  });
});

t.test('a table says who is permanent, and clears what it says to clear', async (t) => {
  await inSpace(t, async (call) => {
    await call('plan.set', { plan: 'month', title: 'Month', graceDays: 0, family: false });
    await call('member.add', { name: 'Ada', email: 'ada@example.org', groups: ['wood'], roles: ['trainer'] });
    await call('plan.give', { member: 'Ada', plan: 'month', from: 0, until: 9e12 });
    const rows = [
      row(2, 'Ada', { email: null, groups: [], roles: [], plan: 'month', until: null }),
      row(3, 'Bob'),
      row(4, 'Cy', { permanent: false, email: null, groups: [] }),
      row(5, 'Di', { permanent: true }),
      row(6, 'Ed', { plan: 'month', until: 9e12 }),
    ];
    t.match(await call('member.import', { rows }), { added: 4, changed: 1, problems: [] });
    const cleared = { email: null, groups: { length: 0 }, roles: { length: 0 }, plans: [{ from: 0, until: null }] };
    t.match(await call('member.show', { member: 'Ada' }), cleared);
    for (const [name, permanent] of [
      ['Ada', false],
      ['Bob', true],
      ['Cy', false],
      ['Di', true],
      ['Ed', false],
    ] as const) {
      t.match(await call('member.show', { member: name }), { permanent }, name);
    }
    t.match(await call('member.import', { rows }), { added: 0, changed: 0, unchanged: 5, commands: 0 }, 'once');
    const change = [row(2, 'Bob', { permanent: false }), row(3, 'Cy', { permanent: true })];
    t.match(await call('member.import', { rows: change }), { changed: 2, commands: 2, problems: [] });
    t.match(await call('member.show', { member: 'Bob' }), { standing: { rule: 'no-plan' } });
    const refused = await call('member.import', {
      rows: [row(2, 'Ed', { permanent: true }), row(3, 'Di', { plan: 'month' })],
    });
    t.match(refused, { problems: [{ line: 2, column: 'permanent', code: 'has_plans' }] });
    t.match(await call('member.show', { member: 'Di' }), { permanent: true }, 'nothing was written');
    for (const odd of [{ permanent: 'yes' }, { until: 'never' }, { email: 7 }]) {
      await t.rejects(call('member.import', { rows: [row(2, 'Ada', odd)] }), { code: 'bad_params' });
    }
  });
});

t.test('an import that others cut across says where', async (t) => {
  await inSpace(t, async (call, space) => {
    const append = space.appendCommands.bind(space);
    space.appendCommands = async (dapp, orders) => {
      space.appendCommands = append;
      await call('member.add', { name: 'Bob' });
      return await append(dapp, orders);
    };
    const rows: Json = [row(2, 'Ada'), row(3, 'Bob')];
    await t.rejects(call('member.import', { rows }), { code: 'import_cut', fields: { line: 3, code: 'name_taken' } });
    t.match(await call('member.import', { rows }), { added: 0, unchanged: 2, problems: [] });
  });
});
