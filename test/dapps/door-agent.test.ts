import t from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { ADAS, AgentUnderTest, type Ask, at, BOBS, HASH, MINUTE_MS, NOON_MS, person } from './door-agent.ts';

const facts = (asked: readonly Ask[]) => asked.filter(({ method }) => method === 'append').map(({ params }) => params);
const LOCKDOWN = { 'denial/all/blk.0': { reason: 'fire', since: 1 } };
const LIFTED = { 'denial/all/blk.0': null };

t.test('a known badge opens first and is written down after', async (t) => {
  const agent = new AgentUnderTest(t);
  await agent.badge('r-front');
  t.strictSame(facts(agent.asked), [
    {
      kind: 'granted',
      body: {
        ...{ door: 'front', member: 'ada', badge: 'fob', rule: 'always' },
        ...{ pulse: 'p-1', event: 'ev-1', clock: 'synced' },
      },
    },
  ]);
  t.match(
    agent.asked.find(({ method }) => method === 'pulse'),
    { params: { output: 'o-front', ms: 3_000 } },
  );
  t.strictSame(agent.acts(), ['pulse o-front', 'granted front always']);
  await agent.badge('r-back', ADAS, at(0, 'unknown'));
  t.strictSame(agent.acts(), ['pulse o-back', 'granted back always']);
});

t.test('every denial is a fact of its own form, and no output moves', async (t) => {
  const agent = new AgentUnderTest();
  agent.edit('front', { allow: [{ who: 'everyone', schedule: 'days' }] });
  const strange = [...ADAS, { ...ADAS[0], epoch: 'e1' }].map((view) => ({ ...view, hash: HASH.strange }));
  const saturday = at(NOON_MS + 2 * 86_400_000);
  const who = { member: 'ada', badge: 'fob' };
  const denied = async (present: () => Promise<void>, body: JsonObject): Promise<void> => {
    await present();
    const clock = body.clock ?? 'synced';
    t.strictSame(facts(agent.asked), [{ kind: 'denied', body: { ...body, event: 'ev-1', clock } }], String(body.code));
    t.equal(agent.acts().length, 1);
  };
  const unknown = { code: 'unknown_badge', rule: 'badge' };
  const newest = strange.slice(0, 2);
  await denied(() => agent.badge('r-front', strange), { door: 'front', ...unknown, views: newest });
  await denied(() => agent.badge('r-back', ADAS.slice(1)), { door: 'back', ...unknown, views: ADAS.slice(1) });
  await denied(() => agent.badge('r-back', []), { door: 'back', ...unknown });
  await denied(() => agent.badge('r-none'), { reader: 'r-none', code: 'no_door', rule: 'reader' });
  await denied(() => agent.badge('r-front', ADAS, saturday), {
    ...{ door: 'front', code: 'outside_hours', rule: 'schedule:days' },
    ...who,
  });
  await denied(() => agent.badge('r-front', ADAS, at(NOON_MS, 'unknown')), {
    ...{ door: 'front', code: 'clock_unknown', rule: 'schedule:days', clock: 'unknown' },
    ...who,
  });
  agent.give('membership', person('eve', 'tag', [{ epoch: 'e2', bits: 24, hash: HASH.narrow }]));
  await denied(() => agent.badge('r-front'), { door: 'front', code: 'ambiguous_badge', rule: 'badge' });
});

t.test('a pulse that fails is told in the grant, and lets nobody in', async (t) => {
  const agent = new AgentUnderTest();
  agent.edit('front', { passback: { area: 'hall', ms: MINUTE_MS } });
  agent.faults.set('pulse', new CodedError('pins_offline', 'no pins'));
  await agent.badge('r-front');
  t.strictSame(agent.acts(), ['pulse o-front', 'granted front always pins_offline']);
  agent.faults.clear();
  await agent.badge('r-front');
  t.strictSame(agent.acts(), ['pulse o-front', 'granted front always'], 'no passage stands in the way');
  await agent.badge('r-front');
  t.strictSame(agent.acts(), ['denied front passback area:hall']);
  await agent.badge('r-front', ADAS, at(NOON_MS + MINUTE_MS));
  t.strictSame(agent.acts(), ['pulse o-front', 'granted front always'], 'it heals by time alone');
});

t.test('a fact that cannot be kept is the answer to the event, and opens nothing twice', async (t) => {
  const agent = new AgentUnderTest();
  agent.faults.set('append', new CodedError('disk_full', 'no room'));
  await t.rejects(agent.badge('r-front'), { code: 'disk_full' });
  t.strictSame(
    agent.asked.filter(({ method }) => method === 'pulse' || method === 'append').map(({ method }) => method),
    ['pulse', 'append'],
  );
});

t.test('hostile events are refused with a code and the agent lives on', async (t) => {
  const agent = new AgentUnderTest(t);
  const payload = { reader: 'r-front', event: 'ev-1', credential: { family: 'em4100', views: ADAS } };
  const send = (change: JsonObject): Promise<Json> =>
    agent.program.call('event', { topic: 'badge/r-front', payload, at: at(), ...change });
  const refused: readonly [JsonObject, string][] = [
    [{ topic: 'badge/r-back' }, 'bad_field'],
    [{ topic: 'other/r-front' }, 'unheard_topic'],
    [{ topic: 'badge/r-front/x' }, 'unheard_topic'],
    [{ payload: { ...payload, event: 7 } }, 'bad_field'],
    [{ payload: { ...payload, credential: null } }, 'bad_field'],
    [{ payload: { ...payload, pin: '1234' } }, 'bad_field'],
    [{ payload: { ...payload, credential: { views: [{ epoch: 'e2', bits: '40', hash: HASH.wide }] } } }, 'bad_field'],
    [{ payload: { ...payload, credential: { views: Array(49).fill(ADAS[0]) } } }, 'too_many_views'],
    [{ at: { ms: -1, quality: 'synced' } }, 'bad_field'],
  ];
  for (const [change, code] of refused) await t.rejects(send(change), { code }, code);
  await t.rejects(agent.program.call('request', { name: 'close', params: {}, at: at() }), { code: 'unknown_request' });
  t.strictSame(agent.acts(), []);
  await agent.badge('r-front');
  t.equal(agent.acts().length, 2);
});

t.test('a card under sixteen keys is more look-ups than may be open at once', async (t) => {
  const agent = new AgentUnderTest(t);
  const views = Array.from({ length: 48 }, (_, i) => ({ epoch: `e${i}`, bits: 40, hash: HASH.strange }));
  await Promise.all([agent.badge('r-front', [...views.slice(1), ...BOBS]), agent.badge('r-back', views)]);
  t.strictSame([...agent.acts()].sort(), ['denied back unknown_badge badge', 'granted front always', 'pulse o-front']);
});

t.test('a PIN: three tries are free, then it is blocked for longer and longer', async (t) => {
  const agent = new AgentUnderTest();
  const pin = (char: string) => ADAS.map((view) => ({ ...view, hash: char.repeat(64) }));
  agent.edit('front', { pin: true });
  agent.give('membership', {
    'held/ada/fob': { label: 'fob', family: 'em4100', views: ADAS, pin: pin('1'), lost: null },
  });
  const tries = () => agent.state.read('door', 'tries/ada/fob');
  const show = async (char: string, ms = NOON_MS) => {
    await agent.badge('r-front', ADAS, at(ms), char === '' ? undefined : pin(char));
    return agent.acts().at(-1);
  };
  t.equal(await show(''), 'denied front pin_missing pin');
  t.equal(tries(), null, 'no PIN is no wrong one');
  for (let n = 1; n <= 3; n += 1) t.equal(await show('2'), 'denied front pin_wrong pin');
  t.match(tries(), { count: 3 });
  t.equal(await show('1'), 'denied front pin_blocked pin', 'a right one is not looked at');
  t.match(tries(), { count: 3 }, 'and does not count');
  t.equal(await show('1', NOON_MS + 29_999), 'denied front pin_blocked pin');
  t.equal(await show('2', NOON_MS + 30_000), 'denied front pin_wrong pin');
  t.equal(await show('2', NOON_MS + 89_999), 'denied front pin_blocked pin');
  t.equal(await show('1', NOON_MS + 90_000), 'granted front always');
  t.equal(tries(), null, 'a right one ends the count');
  t.equal(await show('2', NOON_MS + 90_000), 'denied front pin_wrong pin');
  t.match(tries(), { count: 1 });
  // As after a restart: the memory is new and the state counts.
  const again = new AgentUnderTest();
  again.rules.state = agent.state;
  agent.give('door', { 'tries/ada/fob': { count: 20, ms: NOON_MS } });
  await again.badge('r-front', ADAS, at(NOON_MS + 3_599_999), pin('1'));
  await again.badge('r-front', ADAS, at(NOON_MS - 1), pin('1'));
  await again.badge('r-front', ADAS, at(NOON_MS + 3_600_000), pin('1'));
  t.strictSame(again.acts(), [
    'denied front pin_blocked pin',
    'denied front pin_blocked pin',
    'pulse o-front',
    'granted front always',
  ]);
});

t.test('the agent counts tries before their facts are played, and a door without a PIN ends no count', async (t) => {
  const agent = new AgentUnderTest();
  const pin = ADAS.map((view) => ({ ...view, hash: '2'.repeat(64) }));
  agent.edit('front', { pin: true });
  agent.give('membership', {
    'held/ada/fob': { label: 'fob', family: 'em4100', views: ADAS, pin: ADAS, lost: null },
  });
  await Promise.all(Array.from({ length: 6 }, () => agent.badge('r-front', ADAS, at(), pin)));
  const codes = agent.acts();
  t.equal(codes.filter((act) => act === 'denied front pin_wrong pin').length, 3, codes.join());
  await agent.badge('r-back', ADAS, at(NOON_MS + 2_000));
  t.strictSame(agent.acts(), ['pulse o-back', 'granted back always']);
  await agent.badge('r-front', ADAS, at(NOON_MS + 4_000), pin);
  t.strictSame(agent.acts(), ['denied front pin_blocked pin']);
});

t.test('two people: the second opens, and both have passed', async (t) => {
  const agent = new AgentUnderTest();
  agent.edit('front', { twoMs: 10_000, passback: { area: 'hall', ms: MINUTE_MS } });
  agent.give('membership', person('ada', 'spare', [{ epoch: 'e2', bits: 40, hash: '9'.repeat(64) }]));
  const spare = [{ epoch: 'e2', bits: 40, hash: '9'.repeat(64) }];
  const MISSING = 'denied front second_person_missing two-person';
  await agent.badge('r-front');
  await agent.badge('r-front', spare, at(NOON_MS + 1_000));
  t.strictSame(agent.acts(), [MISSING, MISSING], 'two badges of one member are one person');
  await agent.badge('r-front', BOBS, at(NOON_MS + 11_000));
  t.strictSame(agent.acts(), [MISSING], 'the first has waited too long');
  await agent.badge('r-front', ADAS, at(NOON_MS + 20_999));
  t.strictSame(agent.acts(), ['pulse o-front', 'granted front always with bob']);
  t.match(agent.state.read('door', 'pass/hall/bob'), { door: 'front' });
  t.match(agent.state.read('door', 'pass/hall/ada'), { door: 'front' });
  const later = NOON_MS + 10 * MINUTE_MS;
  await agent.badge('r-front', ADAS, at(later));
  await agent.badge('r-back', BOBS, at(later));
  t.strictSame(agent.acts(), [MISSING, 'pulse o-back', 'granted back always'], 'each door waits for itself');
  agent.give('membership', { 'denial/ada/blk.0': { reason: 'noise', since: 1 } });
  await agent.changed('membership', ['denial/ada/blk.0']);
  await agent.badge('r-front', BOBS, at(later + 2_000));
  t.strictSame(agent.acts(), [MISSING], 'a denial ends the waiting');
});

t.test('a person at the console opens a door, but not against an order', async (t) => {
  const agent = new AgentUnderTest();
  const open = (params: JsonObject) => agent.program.call('request', { name: 'open', params, at: at(5, 'unknown') });
  agent.edit('front', { allow: [], pin: true });
  t.strictSame(await open({ door: 'front', by: 'p-ada' }), { door: 'front', pulse: 'p-1' });
  t.strictSame(facts(agent.asked), [
    { kind: 'opened', body: { door: 'front', by: 'p-ada', rule: 'request', pulse: 'p-1', clock: 'unknown' } },
  ]);
  agent.acts();
  agent.faults.set('pulse', new CodedError('pins_offline', 'no pins'));
  t.strictSame(await open({ door: 'front', by: 'p-ada', event: 'e-7' }), { door: 'front', fault: 'pins_offline' });
  agent.faults.clear();
  agent.acts();
  await t.rejects(open({ door: 'side', by: 'p-ada' }), { code: 'no_such_door' });
  await t.rejects(open({ door: 'a/b', by: 'p-ada' }), { code: 'bad_id' });
  await t.rejects(open({ door: 'front' }), { code: 'bad_field' });
  agent.give('door', { 'denial/door/front/blk.1': { reason: 'broken', since: 1 } });
  await t.rejects(open({ door: 'front', by: 'p-ada' }), { code: 'disabled', message: /blk\.1/ });
  agent.give('door', LOCKDOWN);
  await t.rejects(open({ door: 'back', by: 'p-ada' }), { code: 'lockdown', message: /blk\.0/ });
  t.strictSame(agent.acts(), []);
});

t.test('keep-open hours begin and end on the agent’s own minutes', async (t) => {
  const agent = new AgentUnderTest(t);
  await agent.start();
  t.strictSame(
    [...agent.timers],
    [
      ['minute', 1],
      ['enforce', 1],
    ],
  );
  const eight = NOON_MS - 4 * 60 * MINUTE_MS;
  agent.edit('front', { keepOpen: 'days' });
  agent.edit('back', { keepOpen: 'days' });
  agent.outputs.delete('o-back');
  await agent.fire('minute', at(eight - 1));
  t.equal(agent.timers.get('minute'), 1, 'until the minute is full');
  t.strictSame(agent.acts(), []);
  await agent.fire('minute', at(eight));
  t.equal(agent.timers.get('minute'), MINUTE_MS);
  t.equal(agent.timers.get('renew/front'), 10 * MINUTE_MS + 50);
  t.strictSame(agent.acts(), ['hold o-front', 'kept front true schedule:days'], 'a door of another board is its own');
  const shut = { name: 'shut', params: { door: 'front', by: 'p-ada' }, at: at(eight) };
  await t.rejects(agent.program.call('request', shut), { code: 'kept_open' });
  await agent.fire('minute', at(eight + 61_000));
  t.equal(agent.timers.get('minute'), 59_000);
  t.strictSame(agent.acts(), []);
  agent.on.delete('o-front');
  await agent.fire('renew/front', at(eight + 10 * MINUTE_MS + 50));
  t.strictSame(agent.acts(), ['hold o-front'], 'after its longest time it is held anew and has not begun again');
  await agent.badge('r-front', ADAS, at(eight + 11 * MINUTE_MS));
  t.strictSame(agent.acts(), ['pulse o-front', 'granted front always']);
  await agent.fire('minute', at(NOON_MS + 8 * 60 * MINUTE_MS));
  t.strictSame(agent.acts(), ['release o-front', 'kept front false schedule:days']);
});

t.test('what shuts a door that is kept open', async (t) => {
  const agent = new AgentUnderTest();
  await agent.start();
  agent.edit('front', { keepOpen: 'days', staleMs: 1_000 });
  const begin = async () => {
    await agent.fire('minute');
    t.strictSame(agent.acts(), ['hold o-front', 'kept front true schedule:days']);
  };
  const table: readonly [string, JsonObject, JsonObject, string][] = [
    ['holiday/2026-01-01', { title: 'New Year' }, at(), 'holiday:2026-01-01'],
    ['schedule/days', { zone: null, hours: [], holidays: false }, at(), 'schedule:days'],
    ['door/front', { ...(agent.state.read('door', 'door/front') as JsonObject), keepOpen: null }, at(), 'door'],
  ];
  for (const [key, value, when, rule] of table) {
    await begin();
    agent.edit('back', { keepOpen: 'days' });
    await agent.changed('door', ['door/back'], when);
    t.strictSame(agent.acts(), [], 'another door that is to be kept open waits for the minute too');
    agent.edit('back', { keepOpen: null });
    const before = agent.state.read('door', key);
    agent.give('door', { [key]: value });
    await agent.changed('door', [key], when);
    t.strictSame(agent.acts(), ['release o-front', `kept front false ${rule}`], `${rule}, at once`);
    agent.give('door', { [key]: before });
    await agent.changed('door', [key], when);
    t.strictSame(agent.acts(), [], 'and what comes back opens nothing before the next minute');
  }
  await begin();
  await agent.fire('minute', at(NOON_MS, 'unknown'));
  t.strictSame(agent.acts(), ['release o-front', 'kept front false clock']);
  await begin();
  agent.give('mesh', { 'restored/n1': { asOfMs: NOON_MS - 1_001 } });
  await agent.fire('minute');
  t.strictSame(agent.acts(), ['release o-front', 'kept front false restored']);
});

t.test('an order shuts doors at once, whatever keeps them on; lifted, they open at the next minute', async (t) => {
  const agent = new AgentUnderTest();
  await agent.start();
  agent.edit('front', { keepOpen: 'days' });
  await agent.fire('minute');
  await agent.badge('r-back');
  agent.acts();
  agent.give('door', LOCKDOWN);
  await agent.changed('door', ['denial/all/blk.0']);
  t.strictSame(agent.acts(), ['release o-back', 'release o-front', 'kept front false denial:blk.0']);
  await agent.fire('minute');
  t.strictSame(agent.acts(), []);
  agent.give('door', LIFTED);
  await agent.changed('door', ['denial/all/blk.0']);
  t.strictSame(agent.acts(), [], 'a lift opens nothing');
  await agent.fire('minute');
  t.strictSame(agent.acts(), ['hold o-front', 'kept front true schedule:days']);
  agent.give('door', { 'denial/door/front/blk.1': { reason: 'broken', since: 1 } });
  await agent.changed('door', []);
  t.strictSame(agent.acts(), ['release o-front', 'kept front false denial:blk.1'], 'one door alone, told of anything');
});

t.test('an output that does not obey is told again until it does', async (t) => {
  const agent = new AgentUnderTest();
  await agent.start();
  agent.outputs.delete('o-back');
  agent.timers.delete('enforce');
  agent.give('door', LOCKDOWN);
  agent.faults.set('release', new CodedError('line_failed', 'stuck'));
  await agent.changed('door', ['denial/all/blk.0']);
  t.equal(agent.timers.get('enforce'), 1_000);
  await agent.fire('enforce');
  t.equal(agent.timers.get('enforce'), 1_000);
  agent.faults.clear();
  await agent.fire('enforce');
  t.equal(agent.timers.has('enforce'), false, 'an output of another board is not waited for');
  agent.faults.set('release', new CodedError('pins_offline', 'gone'));
  await agent.changed('door', ['denial/all/blk.0']);
  let tries = 1;
  for (; agent.timers.has('enforce'); tries += 1) await agent.fire('enforce');
  t.equal(tries, 60, 'but not for ever');
});

t.test('a pins process that is away is told of once, and the door opens when it is back', async (t) => {
  const agent = new AgentUnderTest();
  await agent.start();
  agent.edit('front', { keepOpen: 'days' });
  agent.faults.set('output', new CodedError('pins_offline', 'gone'));
  await agent.fire('minute');
  await agent.fire('minute');
  t.strictSame(agent.acts(), ['kept front true schedule:days pins_offline']);
  agent.faults.clear();
  await agent.fire('minute');
  t.strictSame(agent.acts(), ['hold o-front', 'kept front true schedule:days']);
  agent.faults.set('release', new CodedError('pins_offline', 'gone'));
  const night = at(NOON_MS + 9 * 60 * MINUTE_MS);
  await agent.fire('minute', night);
  t.strictSame(agent.acts(), ['release o-front']);
  agent.faults.clear();
  await agent.fire('minute', night);
  t.strictSame(agent.acts(), ['release o-front', 'kept front false schedule:days']);
});

t.test(
  'an agent that starts in the middle of the hours holds by itself; one that starts in a lockdown shuts',
  async (t) => {
    const agent = new AgentUnderTest();
    agent.edit('front', { keepOpen: 'days' });
    await agent.start();
    t.strictSame(agent.acts(), []);
    await agent.fire('enforce');
    t.strictSame(agent.acts(), []);
    await agent.fire('minute');
    t.strictSame(agent.acts(), ['hold o-front', 'kept front true schedule:days']);
    agent.give('door', LOCKDOWN);
    await agent.fire('enforce');
    t.strictSame(agent.acts(), ['release o-back', 'release o-front', 'kept front false denial:blk.0']);
  },
);

t.test('no entry moves an output off its safe level', async (t) => {
  const agent = new AgentUnderTest();
  await agent.start();
  // All that could open both doors stands in the state, as if it had just arrived.
  agent.edit('front', { keepOpen: 'days' });
  agent.edit('back', { keepOpen: 'days', twoMs: 10_000 });
  const arrivals: readonly [string, readonly string[]][] = [
    ['membership', ['member/ada', `badge/e2/40/${HASH.wide}`, 'held/ada/fob', 'denial/ada/blk.0']],
    ['membership', []],
    ['mesh', ['device/r-front', 'restored/n1']],
    ['door', ['door/front', 'door/back', 'reader/r-front', 'output/o-front']],
    ['door', ['schedule/days', 'holiday/2026-01-01', 'space']],
    ['door', ['denial/all/blk.0', 'denial/door/front/blk.1']],
    ['door', ['last/front', 'pass/hall/ada', 'tries/ada/fob']],
    ['door', []],
  ];
  for (const [dapp, keys] of arrivals) await agent.changed(dapp, keys);
  t.strictSame(agent.acts(), []);
  t.equal(agent.program.stderr, '');
});

t.test('a denial that arrives while a badge is decided counts', async (t) => {
  const agent = new AgentUnderTest();
  await agent.start();
  let isTold = false;
  agent.before = ({ params }) => {
    // When the last look of the decision is answered, what it was decided on is old.
    if (params.key !== 'held/ada/fob' || isTold) return;
    isTold = true;
    agent.give('door', LOCKDOWN);
    agent.program.notify('changed', { dapp: 'door', keys: ['denial/all/blk.0'], at: at() });
  };
  await agent.badge('r-front');
  await agent.settled();
  t.strictSame(
    agent.acts().filter((act) => !act.startsWith('release')),
    ['denied front lockdown denial:blk.0'],
  );
});
