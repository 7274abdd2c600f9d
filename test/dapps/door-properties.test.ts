import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { DOOR } from '../../dapps/door/rules.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { type Judged, type Ref, RulesUnderTest } from './in-process.ts';

const DEVICES: Readonly<Record<string, JsonObject>> = Object.fromEntries(
  ['n1', 'n2'].flatMap((node) => [
    [`device/${node}-r1`, { node, role: 'reader', family: 'rdm6300' }],
    [`device/${node}-r2`, { node, role: 'reader', family: 'rdm6300' }],
    [`device/${node}-o1`, { node, role: 'output', family: 'switch' }],
    [`device/${node}-o2`, { node, role: 'output', family: 'switch' }],
    [`device/${node}-i1`, { node, role: 'input', family: 'contact' }],
    [`device/${node}-i2`, { node, role: 'input', family: 'contact' }],
  ]),
);
const HELD = {
  'badge/e1/40/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff': { member: 'ada', badge: 'b' },
};

/** A command; `lifts` picks which of the orders given so far its `re` names. */
interface Step {
  readonly kind: string;
  readonly body: JsonObject;
  readonly lifts?: number;
}

const step = (kind: string, fields: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constant(kind), body: fc.record(fields) as fc.Arbitrary<JsonObject> });
const maybe = (
  fields: Readonly<Record<string, fc.Arbitrary<Json>>>,
  required: Readonly<Record<string, fc.Arbitrary<Json>>>,
) => fc.record({ ...required, ...fields }, { requiredKeys: Object.keys(required) }) as fc.Arbitrary<JsonObject>;

const door = fc.constantFrom('front', 'back', 'side');
const schedule = fc.constantFrom('days', 'nights');
/** Mostly the first ones, so that most histories get somewhere. */
const rarely = <T>(good: fc.Arbitrary<T>, bad: T) =>
  fc.oneof({ weight: 15, arbitrary: good }, { weight: 1, arbitrary: fc.constant(bad) });
const who = rarely(fc.constantFrom('everyone', 'plan:full', 'role:admin', 'group:board'), 'nobody');
const input = fc.constantFrom('n1-i1', 'n1-i1', 'n1-i1', 'n1-i2', 'n2-i1', 'n1-r2');
const alarm = fc.constantFrom('forced_open', 'held_open');
const settings = {
  title: rarely<Json>(fc.constantFrom(null, 'Door'), '\n'),
  bits: fc.constantFrom(24, 32, 40),
  allow: fc.array(fc.record({ who, schedule: fc.option(schedule, { freq: 2 }) }), { maxLength: 2 }),
  keepOpen: fc.option(schedule, { freq: 2 }),
  pin: fc.boolean(),
  twoMs: rarely(fc.constantFrom(0, 5_000), 500),
  passback: fc.option(fc.record({ area: rarely(fc.constant('hall'), 'a/b'), ms: fc.constant(1_000) })),
  staleMs: fc.option(fc.nat(10)),
  exit: fc.option(input, { freq: 2 }),
  contact: fc.option(input, { freq: 2 }),
  heldMs: rarely(fc.constantFrom(0, 5_000), 500),
};
const views = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'f'), { minLength: 1, maxLength: 2 })
  .map((chars) => chars.map((char, i) => ({ epoch: 'e1', bits: [40, 24][i] ?? 32, hash: char.repeat(64) })));

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: maybe(settings, {
      door,
      reader: fc.constantFrom('n1-r1', 'n1-r2', 'n2-r1', 'n1-o2', 'ghost'),
      output: fc.constantFrom('n1-o1', 'n1-o2', 'n2-o1', 'n1-r2'),
      openMs: fc.constant(3_000),
      bits: fc.constantFrom(24, 32, 40),
    }).map((body) => ({ kind: 'door.add', body })),
  },
  { weight: 2, arbitrary: maybe(settings, { door }).map((body) => ({ kind: 'door.edit', body })) },
  { weight: 2, arbitrary: step('door.remove', { door }) },
  { weight: 2, arbitrary: step('door.disable', { door, reason: rarely(fc.constant('broken'), '\u0007') }) },
  fc.record({ kind: fc.constant('door.enable'), body: fc.record({ door }), lifts: fc.nat(6) }),
  step('lockdown', { reason: fc.constant('fire') }),
  fc.record({ kind: fc.constant('lockdown.end'), body: fc.constant({}), lifts: fc.nat(6) }),
  {
    weight: 2,
    arbitrary: step('schedule.set', {
      schedule,
      zone: rarely<Json>(fc.constantFrom(null, 'UTC0'), 'Europe/Berlin'),
      hours: rarely<Json>(fc.constantFrom<Json[]>([], [{ days: [1], from: 60, to: 120 }]), [
        { days: [1], from: 60, to: 30 },
      ]),
      holidays: fc.boolean(),
    }),
  },
  step('schedule.remove', { schedule }),
  step('holiday.set', { day: fc.constantFrom('2026-12-25', '2026-02-29'), title: fc.constant('x') }),
  step('holiday.remove', { day: fc.constantFrom('2026-12-25', '2026-12-26') }),
  step('space.set', { zone: fc.constantFrom('UTC0', 'x') }),
  step('glass.add', { card: fc.constantFrom('g1', 'g2'), label: fc.constant('Safe'), views }),
  step('glass.remove', { card: fc.constantFrom('g1', 'g2') }),
  { weight: 2, arbitrary: step('alarm', { door, alarm, on: fc.boolean(), clock: fc.constant('synced') }) },
  step('alarm.clear', { door, alarm }),
  step('granted', {
    ...{ door, member: fc.constantFrom('ada', '/', 'bob'), second: fc.constantFrom('ada', 'bob') },
    ...{ badge: fc.constant('b'), pin: fc.boolean(), pulse: fc.constant('p'), rule: fc.constant('always') },
    ...{ event: fc.constant('e'), clock: fc.constant('synced') },
  }),
  step('denied', {
    ...{
      door: fc.constantFrom('front', 'gone', '/', '\u{10ffff}'.repeat(64)),
      code: fc.constantFrom('pin_wrong', 'lost'),
    },
    ...{
      member: fc.constantFrom('ada', '/'),
      badge: fc.constant('b'),
      rule: fc.constant('pin'),
      event: fc.constant('e'),
    },
  }),
);

const FACTS: readonly string[] = ['granted', 'denied', 'alarm'];

/** What stands by order, kept beside the rules: an order stands from its entry until a lift that names it. */
class Orders {
  readonly made: { readonly ref: Ref; readonly place: string }[] = [];
  readonly standing = new Map<string, string>();

  played({ kind, body, lifts }: Step, { ok, ref }: Judged): void {
    if (!ok) return;
    const place = kind.startsWith('door.') ? `door/${String(body.door)}` : 'all';
    if (kind === 'door.disable' || kind === 'lockdown') {
      this.made.push({ ref, place });
      this.standing.set(`${place}/${ref.block}.${ref.index}`, place);
    }
    if (kind !== 'door.enable' && kind !== 'lockdown.end') return;
    const lifted = this.made[lifts ?? -1]?.ref;
    const name = `${place}/${lifted?.block}.${lifted?.index}`;
    if (!this.standing.delete(name)) throw new Error(`${name} was lifted and did not stand`);
  }
}

/** What stands of alarms, kept beside the rules: from a fact that says on, to one that says off or a person's word. */
function playAlarm({ kind, body }: Step, { ok }: Judged, rules: RulesUnderTest, alarms: Set<string>): void {
  if (!ok) return;
  const key = `alarm/${String(body.door)}/${String(body.alarm)}`;
  if (kind === 'alarm.clear' && !alarms.delete(key)) throw new Error(`${key} was cleared and did not stand`);
  if (kind === 'alarm' && body.on === false) alarms.delete(key);
  if (kind === 'alarm' && body.on === true && rules.read(`door/${String(body.door)}`) !== null) alarms.add(key);
  if (kind !== 'door.remove') return;
  for (const one of alarms) if (one.startsWith(`alarm/${String(body.door)}/`)) alarms.delete(one);
}

const made = (kind: string, body: JsonObject): Step => ({ kind, body });
const added = (name: string, place: JsonObject): Step =>
  made('door.add', { door: name, openMs: 3_000, bits: 24, allow: [], ...place });

/** What histories by chance come to too rarely to count on. */
const RARE: readonly Step[] = [
  made('schedule.set', { schedule: 'days', zone: null, hours: [], holidays: false }),
  added('front', { reader: 'n1-r1', output: 'n1-o1', exit: 'n1-i1', keepOpen: 'days' }),
  added('side', { reader: 'n1-r2', output: 'n1-o2', exit: 'n1-i1' }),
  added('side', { reader: 'n1-r2', output: 'n1-o2', contact: 'n1-r2' }),
  added('side', { reader: 'n1-r2', output: 'n1-o1' }),
  added('side', { reader: 'n1-r1', output: 'n1-o2' }),
  added('front', { reader: 'n1-r2', output: 'n1-o2' }),
  made('schedule.remove', { schedule: 'days' }),
  made('alarm.clear', { door: 'front', alarm: 'forced_open' }),
  made('door.disable', { door: 'front', reason: 'broken' }),
  made('door.remove', { door: 'front' }),
];

t.test('every history keeps the invariants, denials stand until lifted, and it folds the same twice', async (t) => {
  const rules = new RulesUnderTest(DOOR);
  const seen = new Set<string | undefined>();
  const play = async (history: readonly Step[]): Promise<unknown> => {
    rules.reset({ mesh: DEVICES, membership: HELD });
    const orders = new Orders();
    const alarms = new Set<string>();
    const verdicts: Judged[] = [];
    for (const one of history) {
      const re = orders.made[one.lifts ?? -1]?.ref ?? null;
      const verdict = await rules.apply({ kind: one.kind, body: one.body, re });
      if (FACTS.includes(one.kind) && !verdict.ok) throw new Error(`a fact was refused: ${verdict.code}`);
      orders.played(one, verdict);
      playAlarm(one, verdict, rules, alarms);
      deepStrictEqual(
        rules.rows('alarm/').map(({ key }) => key),
        [...alarms].sort(),
      );
      deepStrictEqual(
        rules.rows('denial/').map(({ key }) => key),
        [...orders.standing.keys()].map((key) => `denial/${key}`).sort(),
      );
      verdicts.push(verdict);
      seen.add(verdict.code);
      checkInvariants(rules);
    }
    return { verdicts, rows: rules.rows() };
  };
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 40, size: 'max' }), async (history) => {
      const first = await play(history);
      deepStrictEqual(await play(history), first);
    }),
    { numRuns: 500, examples: [[RARE]] },
  );
  const codes = [
    ...['door_exists', 'reader_taken', 'output_taken', 'no_such_device', 'device_elsewhere', 'not_a_reader'],
    ...['no_such_schedule', 'schedule_used', 'no_such_door', 'disabled', 'no_such_denial', 'bad_rule', 'bad_text'],
    ...['bad_zone', 'bad_hours', 'bad_day', 'no_such_holiday', 'card_exists', 'badge_taken', 'no_such_card', undefined],
    ...['input_taken', 'not_an_input', 'no_such_alarm'],
  ];
  for (const code of codes) t.ok(seen.has(code), `the histories reach ${code}`);
});

function checkInvariants(rules: RulesUnderTest): void {
  const doors = rules.rows('door/').map(({ key, value }) => ({ name: key.slice(5), record: value as JsonObject }));
  for (const side of ['reader', 'output'] as const) {
    if (rules.rows(`${side}/`).length !== doors.length) throw new Error(`a ${side} leads to no door`);
    for (const { name, record } of doors) {
      if (rules.read(`${side}/${String(record[side])}`) !== name) throw new Error(`a ${side} leads elsewhere`);
    }
  }
  const wired = doors.flatMap(({ name, record: { exit, contact, reader } }) =>
    [exit, contact].flatMap((input) => (typeof input === 'string' ? [{ input, name, reader }] : [])),
  );
  if (rules.rows('input/').length !== wired.length)
    throw new Error('an input leads to no door, or two wires share one');
  for (const { input, name, reader } of wired) {
    if (rules.read(`input/${input}`) !== name) throw new Error('an input leads elsewhere');
    const [one, other] = [input, reader].map((device) => DEVICES[`device/${String(device)}`]);
    if (one?.role !== 'input' || one.node !== other?.node) throw new Error('bad input');
  }
  for (const { name, record } of doors) {
    const { reader, output, allow, keepOpen } = record;
    const [one, other] = [reader, output].map((device) => DEVICES[`device/${String(device)}`]);
    if (one?.node !== other?.node || one?.role !== 'reader' || other?.role !== 'output') throw new Error('bad devices');
    const named = [keepOpen, ...(allow as JsonObject[]).map((rule) => rule.schedule)].filter((one) => one !== null);
    for (const schedule of named) {
      if (rules.read(`schedule/${String(schedule)}`) === null) throw new Error(`${name} keeps a schedule that is gone`);
    }
  }
  const cards = rules.rows('glasscard/').map(({ key, value }) => ({ card: key.slice(10), ...(value as JsonObject) }));
  const kept = cards.flatMap(({ card, ...record }) =>
    ((record as JsonObject).views as JsonObject[]).map((view) => ({
      card,
      key: `glass/${String(view.epoch)}/${String(view.bits)}/${String(view.hash)}`,
    })),
  );
  if (rules.rows('glass/').length !== kept.length) throw new Error('a view of no break-glass card');
  for (const { card, key } of kept) if (rules.read(key) !== card) throw new Error('a view leads to another card');
}
