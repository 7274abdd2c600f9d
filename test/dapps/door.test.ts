import { deepStrictEqual } from 'node:assert/strict';
import { dirname } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { type Decision, decide, type Evidence } from '../../dapps/door/decision.ts';
import { KINDS, NAME, VERSION } from '../../dapps/door/identity.ts';
import { OPEN_MS_MAX, OPEN_MS_MIN, type Schedule, type View } from '../../dapps/door/records.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { runScriptedTests } from '../../src/sandbox/scripted.ts';
import { ContractUnderTest, type Entry, folderOf, manifestOf } from './harness.ts';

type DenialCode = Extract<Decision, { granted: false }>['code'];

const quiet = { info: () => {}, warn: () => {} };

t.test('the scripted tests pass, twice the same', async (t) => {
  const runner = createProcessRunner({ path: dirname(process.execPath) });
  const manifest = manifestOf('door');
  const failures = await runScriptedTests({ manifest, folder: folderOf('door'), runner, branch: 'main', log: quiet });
  t.equal(manifest.tests.length, 4);
  t.same(failures, []);
});

t.test('program and manifest say the same', async (t) => {
  const manifest = manifestOf('door');
  t.same([manifest.name, manifest.version], [NAME, VERSION]);
  t.same(Object.keys(manifest.entries), KINDS);
  t.match(manifest.entries['door.add']?.body, {
    properties: { openMs: { minimum: OPEN_MS_MIN, maximum: OPEN_MS_MAX } },
  });
});

// 2026-01-05 is a Monday; Berlin is an hour ahead of UTC in January.
const MONDAY_MS = Date.UTC(2026, 0, 5);
const at = (day: number, hour: number, minute = 0) => MONDAY_MS + ((day - 1) * 24 * 60 + hour * 60 + minute) * 60_000;
const BERLIN = 'CET-1CEST,M3.5.0,M10.5.0/3';
const DAYS: Schedule = { zone: BERLIN, hours: [{ days: [1, 2, 3, 4, 5], from: 8 * 60, to: 20 * 60 }] };
const LATE: Schedule = { zone: 'UTC0', hours: [{ days: [5, 7], from: 20 * 60, to: 26 * 60 }] };

const HASH = 'a'.repeat(64);
const wide: View = { epoch: 'new', bits: 40, hash: HASH };
const narrow: View = { epoch: 'new', bits: 24, hash: HASH };
const old: View = { epoch: 'old', bits: 40, hash: HASH };
const ada = { member: 'ada', badge: 'fob' };
const adasCard = { member: 'ada', badge: 'card' };
const bob = { member: 'bob', badge: 'card' };
const plain = { reader: 'r', output: 'o', openMs: 3_000, schedule: null, bits: 24 };

function evidence(change: Partial<Evidence>): Evidence {
  const base = { door: plain, views: [wide, narrow], holders: [ada, ada], schedule: null };
  return { ...base, members: new Set(['ada', 'bob']), at: { ms: at(1, 12), quality: 'synced' }, ...change };
}

function scheduled(schedule: Schedule | null, ms: number, quality = 'synced'): Evidence {
  return evidence({ door: { ...plain, schedule: 'hours' }, schedule, at: { ms, quality } });
}

t.test('decisions', async (t) => {
  type Want = DenialCode | { member: string; badge: string; rule: string };
  const always = { ...ada, rule: 'always' };
  const byHours = { ...ada, rule: 'schedule:hours' };
  const needs40 = { ...plain, bits: 40 };
  const table: readonly [string, Evidence, Want][] = [
    ['known badge', evidence({}), always],
    ['reader without a door', evidence({ door: null }), 'no_door'],
    ['nobody enrolled it', evidence({ holders: [null, null] }), 'unknown_badge'],
    ['nothing presented', evidence({ views: [], holders: [] }), 'unknown_badge'],
    ['only the narrow view known', evidence({ holders: [null, ada] }), always],
    ['the narrow view is not enough', evidence({ door: needs40, holders: [null, ada] }), 'unknown_badge'],
    ['as wide as the door asks', evidence({ door: needs40, holders: [ada, null] }), always],
    ['two members', evidence({ holders: [ada, bob] }), 'ambiguous_badge'],
    ['two members, the narrow one not looked at', evidence({ door: needs40, holders: [ada, bob] }), always],
    ['two members under two keys', evidence({ views: [wide, old], holders: [ada, bob] }), 'ambiguous_badge'],
    ['two badges of one member: the widest', evidence({ views: [narrow, wide], holders: [adasCard, ada] }), always],
    ['as wide: the newest key', evidence({ views: [wide, old], holders: [ada, adasCard] }), always],
    ['known under an old key', evidence({ views: [wide, old], holders: [null, ada] }), always],
    ['the member is gone', evidence({ members: new Set(['bob']) }), 'no_such_member'],
    ['no clock, no schedule', evidence({ at: { ms: 0, quality: 'unknown' } }), always],
    ['the schedule is gone', scheduled(null, at(1, 12)), 'no_such_schedule'],
    ['in hours', scheduled(DAYS, at(1, 12)), byHours],
    ['first minute, local', scheduled(DAYS, at(1, 7, 0)), byHours],
    ['a minute early, local', scheduled(DAYS, at(1, 6, 59)), 'outside_schedule'],
    ['last minute, local', scheduled(DAYS, at(1, 18, 59)), byHours],
    ['closing time, local', scheduled(DAYS, at(1, 19, 0)), 'outside_schedule'],
    ['summer time', scheduled(DAYS, Date.UTC(2026, 6, 6, 6, 0)), byHours],
    ['summer evening', scheduled(DAYS, Date.UTC(2026, 6, 6, 18, 0)), 'outside_schedule'],
    ['weekend', scheduled(DAYS, at(6, 12)), 'outside_schedule'],
    ['no hours at all', scheduled({ zone: BERLIN, hours: [] }, at(1, 12)), 'outside_schedule'],
    ['clock unknown', scheduled(DAYS, at(1, 12), 'unknown'), 'clock_unknown'],
    ['clock restored', scheduled(DAYS, at(1, 12), 'restored'), byHours],
    ['clock from a peer', scheduled(DAYS, at(1, 12), 'peer'), byHours],
    ['before midnight', scheduled(LATE, at(5, 23, 59)), byHours],
    ['after midnight', scheduled(LATE, at(6, 1, 59)), byHours],
    ['past the end after midnight', scheduled(LATE, at(6, 2)), 'outside_schedule'],
    ['the night before', scheduled(LATE, at(5, 1)), 'outside_schedule'],
    ['Sunday night goes on into Monday', scheduled(LATE, at(8, 1)), byHours],
    ['Monday night does not', scheduled(LATE, at(9, 1)), 'outside_schedule'],
  ];
  for (const [name, given, want] of table) {
    const decision = decide(given);
    if (typeof want === 'string') t.match(decision, { granted: false, code: want }, name);
    else t.strictSame(decision, { granted: true, ...want }, name);
  }
});

t.test('a denial says whom it knows, and names nobody where it is in doubt', async (t) => {
  t.strictSame(decide(evidence({ door: null })), { granted: false, code: 'no_door', rule: 'reader' });
  const doubt = decide(evidence({ holders: [ada, bob] }));
  t.strictSame(doubt, { granted: false, code: 'ambiguous_badge', rule: 'badge' });
  const late = decide(scheduled(DAYS, at(6, 12)));
  t.strictSame(late, { granted: false, code: 'outside_schedule', rule: 'schedule:hours', ...ada });
});

const holder = fc.constantFrom(null, ada, adasCard, bob);
const presented = fc.array(
  fc.record({
    view: fc.record({
      epoch: fc.constantFrom('new', 'old'),
      bits: fc.constantFrom(24, 32, 40),
      hash: fc.constant(HASH),
    }),
    holder,
  }),
  { maxLength: 6 },
);

t.test('no grant without a wide enough view of the member, and never against one of another', async () => {
  fc.assert(
    fc.property(presented, fc.constantFrom(24, 32, 40), fc.subarray(['ada', 'bob']), (hits, bits, members) => {
      const decision = decide(
        evidence({
          door: { ...plain, bits },
          views: hits.map((hit) => hit.view),
          holders: hits.map((hit) => hit.holder),
          members: new Set(members),
        }),
      );
      const heard = hits.flatMap((hit) => (hit.holder !== null && hit.view.bits >= bits ? [hit.holder] : []));
      const named = new Set(heard.map(({ member }) => member));
      const [only] = named;
      const shouldOpen = named.size === 1 && only !== undefined && members.includes(only);
      if (decision.granted !== shouldOpen) throw new Error(`granted is ${decision.granted}`);
      if (decision.granted && decision.member !== only) throw new Error('granted to somebody else');
    }),
    { numRuns: 2_000 },
  );
});

const DEVICES: JsonObject = Object.fromEntries(
  ['n1', 'n2'].flatMap((node) => [
    [`device/${node}-r1`, { node, role: 'reader', family: 'rdm6300' }],
    [`device/${node}-r2`, { node, role: 'reader', family: 'rdm6300' }],
    [`device/${node}-o1`, { node, role: 'output', family: 'virtual' }],
    [`device/${node}-o2`, { node, role: 'output', family: 'virtual' }],
  ]),
);
const device = fc.constantFrom(...Object.keys(DEVICES).map((key) => key.slice(7)), 'ghost');
const reader = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('n1-r1', 'n1-r2', 'n2-r1') },
  { weight: 1, arbitrary: device },
);
const output = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('n1-o1', 'n1-o2', 'n2-o1') },
  { weight: 1, arbitrary: device },
);
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    kind: fc.constant('door.add'),
    body: fc.record({
      door: fc.constantFrom('front', 'back', 'side'),
      reader,
      output,
      openMs: fc.constant(3_000),
      schedule: fc.constantFrom(null, 'days', 'nights'),
      bits: fc.constantFrom(24, 32, 40),
    }),
  }),
  fc.record({
    kind: fc.constant('schedule.set'),
    body: fc.record({
      schedule: fc.constantFrom('days', 'nights'),
      zone: fc.constantFrom('UTC0', BERLIN, 'Europe/Berlin'),
      hours: fc.constantFrom<JsonObject[][]>([], [{ days: [1], from: 60, to: 120 }], [{ days: [1], from: 60, to: 30 }]),
    }),
  }),
  fc.record({
    kind: fc.constant('denied'),
    body: fc.record({
      door: fc.constantFrom('front', 'gone', '/', '\u{10ffff}'.repeat(64)),
      code: fc.constant('unknown_badge'),
      rule: fc.constant('badge'),
      event: fc.constant('e-1'),
    }),
  }),
);

t.test('every history keeps the invariants and folds the same twice', async (t) => {
  const contract = new ContractUnderTest(t, 'door');
  const seen = new Set<string | undefined>();
  const play = async (history: readonly Entry[]): Promise<unknown> => {
    contract.reset({ mesh: DEVICES });
    const verdicts = [];
    for (const one of history) {
      const verdict = await contract.apply(one);
      if (one.kind === 'denied' && !verdict.ok) throw new Error(`a fact was refused: ${verdict.code}`);
      verdicts.push(verdict);
      seen.add(verdict.code);
    }
    return { verdicts, rows: contract.rows() };
  };
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 32, size: 'max' }), async (history) => {
      const first = await play(history);
      checkInvariants(contract);
      deepStrictEqual(await play(history), first);
    }),
    { numRuns: 60 },
  );
  const codes = [
    'door_exists',
    'reader_taken',
    'output_taken',
    'no_such_device',
    'device_elsewhere',
    'no_such_schedule',
  ];
  for (const code of [...codes, 'bad_zone', 'bad_hours']) t.ok(seen.has(code), `the histories reach ${code}`);
});

function checkInvariants(contract: ContractUnderTest): void {
  const doors = contract.rows('door/').map(({ key, value }) => ({ name: key.slice(5), ...(value as JsonObject) }));
  for (const side of ['reader', 'output'] as const) {
    const used = doors.map((door) => (door as JsonObject)[side] as Json);
    if (new Set(used).size !== used.length) throw new Error(`a ${side} belongs to two doors`);
    if (contract.rows(`${side}/`).length !== doors.length) throw new Error(`a ${side} leads to no door`);
  }
  for (const door of doors as readonly JsonObject[]) {
    const { name, reader, output, schedule } = door;
    if (contract.state.read('door', `reader/${String(reader)}`) !== name) throw new Error('a reader leads elsewhere');
    if (contract.state.read('door', `output/${String(output)}`) !== name) throw new Error('an output leads elsewhere');
    const [one, other] = [reader, output].map((id) => DEVICES[`device/${String(id)}`] as JsonObject);
    if (one?.node !== other?.node || one?.role !== 'reader' || other?.role !== 'output') throw new Error('bad devices');
    if (schedule !== null && contract.state.read('door', `schedule/${String(schedule)}`) === null) {
      throw new Error('a door keeps a schedule that is not there');
    }
  }
}

t.test('of several reasons the same one wins, whichever answer is sent along', async (t) => {
  const contract = new ContractUnderTest(t, 'door');
  const body = { door: 'front', reader: 'ghost', output: 'n1-r1', openMs: 3_000, schedule: null, bits: 24 };
  const call = (reads: JsonObject): Promise<Json> =>
    contract.program.call('apply', {
      entry: { dapp: 'door', ver: VERSION, kind: 'door.add', re: null, body, block: 'b', index: 0 },
      author: { key: '', principal: 'p', node: null },
      roles: [],
      at: { ms: 0, quality: 'synced' },
      reads,
      seed: '',
    });
  contract.reset({ mesh: DEVICES });
  const none = await call({});
  t.match(none, { ok: false, code: 'no_such_device' });
  t.strictSame(await call({ 'mesh:device/n1-r1': DEVICES['device/n1-r1'] ?? null }), none);
  t.strictSame(await call({ 'mesh:device/ghost': null }), none);
});
