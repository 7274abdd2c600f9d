import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { type Command, NEW_YEAR_MS } from './in-process.ts';

/** Commands of membership by chance. */

export interface Step {
  readonly command: Command;
  /** Which of the denials so far a lift names; beyond them: none that ever was. */
  readonly lifts: number;
}

// Few ids, names and cards, so that histories collide all the time.
const member = fc.constantFrom('m-1', 'm-1', 'm-2', 'm-2', 'm-3', 'g-1');
const badge = fc.constantFrom('b-1', 'b-2');
const family = fc.constantFrom('f-1', 'f-2');
const plan = fc.constantFrom('p-1', 'p-1', 'p-2');
const name = fc.constantFrom('Ada', ' ada', 'ADA', 'José', 'JOSE\u0301', 'Bob  Ray', 'bob ray', 'Zoë', 'Cy', 'Di', '');
const email = fc.constantFrom('ada@example.org', 'nobody', null);
const groups = fc.array(fc.constantFrom('wood', 'laser', 'a/b'), { maxLength: 3 });
const roles = fc.array(fc.constantFrom('admin', 'trainer'), { maxLength: 2 });
const hash = fc.constantFrom('a', 'b', 'c').map((digit) => digit.repeat(64));
const moment = fc.integer({ min: -3, max: 3 }).map((days) => NEW_YEAR_MS + days * 86_400_000);
const view = fc.record({ epoch: fc.constantFrom('e1', 'e1', 'e2'), bits: fc.constantFrom(24, 40, 40), hash });
const hours = fc.constantFrom<Json>([], [{ days: [1, 2], from: 60, to: 120 }], [{ days: [1], from: 60, to: 60 }]);

/** By kind; a kind of the manifest that is missing here fails the test. */
export const BODIES: Readonly<Record<string, fc.Arbitrary<JsonObject>>> = {
  'member.add': record({ member, name }, { groups, roles, family: fc.option(family), permanent: fc.boolean(), email }),
  'member.edit': record({ member }, { name, groups, roles, family: fc.option(family), permanent: fc.boolean(), email }),
  'member.forget': record({ member }),
  'member.suspend': record({ member, reason: fc.constantFrom('saw', 'a\nb') }),
  'member.resume': record({ member }),
  'plan.set': record({ plan, title: name, graceDays: fc.constantFrom(0, 7), family: fc.boolean() }),
  'plan.give': record({ member, plan, from: moment, until: fc.option(moment) }),
  'plan.take': record({ member, plan }),
  'badge.enrol': record({
    member,
    badge,
    family: fc.constant('em4100'),
    label: fc.constantFrom('fob', 'card'),
    views: fc.array(view, { minLength: 1, maxLength: 3 }),
  }),
  'badge.lost': record({ member, badge }),
  'badge.found': record({ member, badge }),
  'badge.remove': record({ member, badge }),
  'pin.set': record({ member, badge, pins: fc.option(fc.array(view, { minLength: 1, maxLength: 2 })) }),
  'guest.add': record({ guest: member, name, host: member, from: moment, until: moment, hours }),
  'guest.end': record({ guest: member, until: moment }),
  'family.set': record({ family, title: name, head: member }),
  'family.remove': record({ family }),
  'note.add': record({ member, note: fc.constantFrom('n-1', 'n-2'), text: fc.constantFrom('knows the lathe', ' ') }),
  'note.erase': record({ member, note: fc.constantFrom('n-1', 'n-2') }),
};

function record(
  always: Readonly<Record<string, fc.Arbitrary<Json>>>,
  perhaps: Readonly<Record<string, fc.Arbitrary<Json>>> = {},
): fc.Arbitrary<JsonObject> {
  return fc.record({ ...always, ...perhaps }, { requiredKeys: Object.keys(always) }) as fc.Arbitrary<JsonObject>;
}

/** Most histories begin with some people, plans and cards; else half of each is spent on making them. */
const BEGINNING: readonly Command[] = [
  { kind: 'member.add', body: { member: 'm-1', name: 'Ada' } },
  { kind: 'member.add', body: { member: 'm-2', name: 'Bob Ray' } },
  {
    kind: 'guest.add',
    body: { guest: 'g-1', name: 'Gus', host: 'm-1', from: NEW_YEAR_MS, until: NEW_YEAR_MS + 1, hours: [] },
  },
  { kind: 'plan.set', body: { plan: 'p-1', title: 'Month', graceDays: 7, family: true } },
  { kind: 'plan.give', body: { member: 'm-1', plan: 'p-1', from: NEW_YEAR_MS, until: null } },
  { kind: 'family.set', body: { family: 'f-1', title: 'The Adas', head: 'm-1' } },
  { kind: 'member.edit', body: { member: 'm-2', family: 'f-1' } },
  ...['m-1', 'm-2'].map((one, at) => ({
    kind: 'badge.enrol',
    body: {
      member: one,
      badge: 'b-1',
      family: 'em4100',
      label: 'fob',
      views: [{ epoch: 'e1', bits: 40, hash: (at === 0 ? 'a' : 'b').repeat(64) }],
    },
  })),
];

/** What histories by chance come to too rarely to count on. */
export const RARE: readonly Step[] = [
  ...BEGINNING,
  { kind: 'member.edit', body: { member: 'm-1', permanent: true } },
  { kind: 'member.edit', body: { member: 'g-1', permanent: true } },
  { kind: 'plan.give', body: { member: 'g-1', plan: 'p-1', from: NEW_YEAR_MS, until: null } },
  { kind: 'note.add', body: { member: 'm-1', note: 'n-1', text: 'knows the lathe' } },
  { kind: 'note.erase', body: { member: 'm-1', note: 'n-1' } },
  { kind: 'member.forget', body: { member: 'g-1' } },
  { kind: 'member.add', body: { member: 'g-1', name: 'Gus' } },
].map((command) => ({ command, lifts: 0 }));

const anyStep: fc.Arbitrary<Step> = fc
  .oneof(
    ...Object.entries(BODIES).map(([kind, body]) => ({
      // Most of what can go wrong has to do with cards and with denials.
      weight: /^(badge|member\.suspend)/.test(kind) ? 3 : 1,
      arbitrary: body.map((one): Command => ({ kind, body: one })),
    })),
  )
  .chain((command) => fc.nat(5).map((lifts) => ({ command, lifts })));

export const histories: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.boolean(), fc.array(anyStep, { minLength: 1, maxLength: 48, size: 'max' }))
  .map(([isFromNothing, steps]) =>
    isFromNothing ? steps : [...BEGINNING.map((command) => ({ command, lifts: 0 })), ...steps],
  );
