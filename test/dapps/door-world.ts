import { type Decision, decide } from '../../dapps/door/decision/decide.ts';
import type { DenialCode } from '../../dapps/door/decision/denial.ts';
import { gatherAtDoor } from '../../dapps/door/gather.ts';
import { DOOR } from '../../dapps/door/rules.ts';
import type { View } from '../../dapps/door/views.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { RulesUnderTest } from './in-process.ts';

/** 2026-01-05, a Monday, at noon. */
export const NOON_MS = Date.UTC(2026, 0, 5, 12);
export const DAY_MS = 86_400_000;
export const ENTRY = 'blk.0';

const CARD: readonly View[] = [
  { epoch: 'e1', bits: 40, hash: 'a'.repeat(64) },
  { epoch: 'e1', bits: 24, hash: 'b'.repeat(64) },
];
const STRANGE: readonly View[] = [{ epoch: 'e1', bits: 40, hash: 'c'.repeat(64) }];
export const PIN = CARD.map((view) => ({ ...view, hash: '1'.repeat(64) }));
const WRONG_PIN = CARD.map((view) => ({ ...view, hash: '2'.repeat(64) }));

/** Each reset has a state of its own, so decisions may overlap. */
export const RULES = new RulesUnderTest(DOOR);

type Mutable = { -readonly [K in keyof JsonObject]: JsonObject[K] };

/** One presentation of Ada's card at the door `front`, and everything that decides on it. */
export class World {
  door: Mutable = {
    ...{ title: null, reader: 'r', output: 'o', openMs: 3_000, bits: 24, keepOpen: null },
    ...{ pin: false, twoMs: 0, passback: null, staleMs: null },
  };
  rules: { who: string; schedule: string | null }[] = [{ who: 'everyone', schedule: null }];
  member: Mutable = {
    ...{ name: 'Ada', since: 1, groups: [], roles: [], family: null, permanent: true, plans: [], guest: null },
    email: null,
  };
  held: Mutable = { label: 'fob', family: 'em4100', views: CARD.map((view) => ({ ...view })), pin: null, lost: null };
  /** Other records, by dapp and key. */
  readonly rows: Record<string, Record<string, JsonObject | string>> = {
    door: {
      'schedule/day': { zone: null, hours: [{ days: [1], from: 480, to: 1200 }], holidays: false },
      'schedule/night': { zone: null, hours: [{ days: [1], from: 1200, to: 1800 }], holidays: false },
    },
    membership: {
      'plan/full': { title: 'Full', graceDays: 7, family: true },
      'plan/single': { title: 'Single', graceDays: 0, family: false },
    },
    mesh: { 'device/r': { node: 'n1', role: 'reader', family: 'x' } },
  };
  isGlass = false;
  hasMember = true;
  hasDoor = true;
  views: readonly View[] = CARD;
  pin: readonly View[] | null = null;
  waiting: string | null = null;
  at = { ms: NOON_MS, quality: 'synced' };

  give(dapp: 'door' | 'membership' | 'mesh', rows: Record<string, JsonObject | string>): void {
    Object.assign(this.rows[dapp] ?? {}, rows);
  }

  async decide(): Promise<Decision> {
    RULES.reset(this.state());
    const shown = { views: this.views, pin: this.pin };
    const evidence = await gatherAtDoor(RULES.reader(), 'front', shown, this.at);
    return decide({ ...evidence, waiting: this.waiting });
  }

  state(): Readonly<Record<string, JsonObject>> {
    const { door = {}, membership = {}, mesh = {} } = this.rows;
    const views = Object.fromEntries(CARD.map(({ epoch, bits, hash }) => [`${epoch}/${bits}/${hash}`, null]));
    const keyed = (prefix: string, value: JsonObject | string) =>
      Object.fromEntries(Object.keys(views).map((view) => [`${prefix}/${view}`, value]));
    return {
      mesh,
      door: {
        ...(this.hasDoor ? { 'door/front': { ...this.door, allow: this.rules } } : {}),
        ...(this.isGlass ? { ...keyed('glass', 'g1'), 'glasscard/g1': { label: 'Key safe', views: [] } } : {}),
        ...door,
      },
      membership: {
        ...(this.isGlass ? {} : { ...keyed('badge', { member: 'ada', badge: 'fob' }), 'held/ada/fob': this.held }),
        ...(this.hasMember ? { 'member/ada': this.member } : {}),
        ...membership,
      },
    };
  }
}

const plan = (change: JsonObject) => ({ plan: 'full', from: NOON_MS - DAY_MS, until: NOON_MS + DAY_MS, ...change });
const planned = (world: World, ...plans: readonly JsonObject[]) =>
  Object.assign(world.member, { permanent: false, plans });
const guest = (change: JsonObject) => ({
  ...{ host: 'bob', from: NOON_MS - DAY_MS, until: NOON_MS + DAY_MS, hours: [] },
  ...change,
});
const only = (world: World, who: string) => {
  world.rules = [{ who, schedule: null }];
};

/** The ways in: what makes a world one that grants, and the rule that is then told. */
export const GRANTS: Readonly<Record<string, readonly [rule: string, make: (world: World) => void]>> = {
  'a permanent member': ['always', () => {}],
  'a member by a schedule': [
    'schedule:day',
    (world) => {
      world.rules = [
        { who: 'everyone', schedule: 'night' },
        { who: 'everyone', schedule: 'day' },
      ];
    },
  ],
  'a plan': [
    'plan:full schedule:day',
    (world) => {
      planned(world, plan({}));
      world.rules = [
        { who: 'plan:single', schedule: null },
        { who: 'plan:full', schedule: 'day' },
      ];
    },
  ],
  'a plan in its grace': [
    'plan:full',
    (world) => {
      only(world, 'plan:full');
      planned(world, plan({ until: NOON_MS - 7 * DAY_MS + 1, from: 0 }));
    },
  ],
  'a plan without an end, beside one that has ended': [
    'plan:single',
    (world) => {
      only(world, 'plan:single');
      planned(world, plan({ until: 1, from: 0 }), plan({ plan: 'single', until: null }));
    },
  ],
  'a role': [
    'role:trainer',
    (world) => {
      only(world, 'role:trainer');
      world.member.roles = ['trainer'];
    },
  ],
  'the role of everybody': ['role:member', (world) => only(world, 'role:member')],
  'a group': [
    'group:board',
    (world) => {
      only(world, 'group:board');
      world.member.groups = ['board', 'wood'];
    },
  ],
  'one person': ['member:ada', (world) => only(world, 'member:ada')],
  'the plan of a family’s head': [
    'plan:full',
    (world) => {
      only(world, 'plan:full');
      Object.assign(world.member, { family: 'f1', permanent: false });
      const head = { ...world.member, plans: [plan({})] };
      world.give('membership', { 'family/f1': { title: 'Lovelace', head: 'bob' }, 'member/bob': head });
    },
  ],
  'a permanent head of the family': [
    'always',
    (world) => {
      const head = { ...world.member };
      Object.assign(world.member, { family: 'f1', permanent: false });
      world.give('membership', { 'family/f1': { title: 'Lovelace', head: 'bob' }, 'member/bob': head });
    },
  ],
  'a guest in hours': [
    'always',
    (world) => {
      world.member.guest = guest({ hours: [{ days: [1], from: 720, to: 721 }] });
    },
  ],
  'a right PIN': [
    'always',
    (world) => {
      world.door.pin = true;
      world.held.pin = PIN;
      world.pin = PIN;
      world.give('door', { 'tries/ada/fob': { count: 3, ms: NOON_MS - 30_000 } });
    },
  ],
  'the second of two people': [
    'always',
    (world) => {
      world.door.twoMs = 10_000;
      world.waiting = 'bob';
    },
  ],
  'long after the last passage': [
    'always',
    (world) => {
      world.door.passback = { area: 'hall', ms: 60_000 };
      world.give('door', { 'pass/hall/ada': { door: 'back', ms: NOON_MS - 60_000 } });
    },
  ],
  'a holiday on which the schedule holds': [
    'schedule:always',
    (world) => {
      world.rules = [{ who: 'everyone', schedule: 'always' }];
      const hours = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];
      world.give('door', {
        'schedule/always': { zone: null, hours, holidays: true },
        'holiday/2026-01-05': { title: 'Today' },
      });
    },
  ],
  'a restored board that is fresh enough': [
    'always',
    (world) => {
      world.door.staleMs = 1_000;
      world.give('mesh', { 'restored/n1': { asOfMs: NOON_MS - 1_000 } });
    },
  ],
  'a break-glass card': [
    'break-glass:Key safe',
    (world) => {
      world.isGlass = true;
      world.rules = [];
    },
  ],
};

/** Each denial: what makes it apply to any world that grants. `glass`: whether it applies to a break-glass card too. */
export interface DenialMaker {
  readonly code: DenialCode;
  readonly glass: boolean;
  readonly make: (world: World) => void;
}

const scheduled = (world: World, schedule: string) => {
  world.rules = world.rules.map(({ who }) => ({ who, schedule }));
};

/** In the order in which the first that applies is told. */
export const DENIALS: readonly DenialMaker[] = [
  {
    code: 'no_door',
    glass: true,
    make: (world) => {
      world.hasDoor = false;
    },
  },
  {
    code: 'unknown_badge',
    glass: true,
    make: (world) => {
      world.views = STRANGE;
    },
  },
  {
    code: 'ambiguous_badge',
    glass: true,
    make: (world) => {
      // Another member's card that has one of the widths in common.
      world.views = [...world.views, { epoch: 'e0', bits: 24, hash: 'd'.repeat(64) }];
      world.give('membership', {
        [`badge/e0/24/${'d'.repeat(64)}`]: { member: 'cid', badge: 'card' },
        'member/cid': { ...world.member, family: null },
      });
    },
  },
  {
    code: 'no_such_member',
    glass: false,
    make: (world) => {
      world.hasMember = false;
    },
  },
  {
    code: 'lost',
    glass: false,
    make: (world) => {
      world.held.lost = { block: 'blk', index: 0, since: 1 };
    },
  },
  {
    code: 'suspended',
    glass: false,
    make: (world) => world.give('membership', { [`denial/ada/${ENTRY}`]: { reason: 'noise', since: 1 } }),
  },
  {
    code: 'lockdown',
    glass: true,
    make: (world) => world.give('door', { [`denial/all/${ENTRY}`]: { reason: 'fire', since: 1 } }),
  },
  {
    code: 'disabled',
    glass: true,
    make: (world) => world.give('door', { [`denial/door/front/${ENTRY}`]: { reason: 'broken', since: 1 } }),
  },
  {
    code: 'not_yet_valid',
    glass: false,
    make: (world) => {
      world.member.guest = guest({ from: NOON_MS + 1 });
    },
  },
  {
    code: 'guest_over',
    glass: false,
    make: (world) => {
      world.member.guest = guest({ until: NOON_MS });
    },
  },
  {
    code: 'expired',
    glass: false,
    make: (world) => {
      Object.assign(world.member, {
        guest: null,
        family: null,
        permanent: false,
        plans: [plan({ until: NOON_MS - 7 * DAY_MS, from: 0 })],
      });
    },
  },
  {
    // Neither permanent nor covered by any plan, own or of the family's head.
    code: 'expired',
    glass: false,
    make: (world) => {
      Object.assign(world.member, { guest: null, family: null, permanent: false, plans: [] });
    },
  },
  {
    code: 'stale',
    glass: false,
    make: (world) => {
      world.door.staleMs = 1_000;
      world.give('mesh', { 'restored/n1': { asOfMs: NOON_MS - 1_001 } });
    },
  },
  {
    code: 'clock_unknown',
    glass: false,
    make: (world) => {
      world.at = { ...world.at, quality: 'unknown' };
      if (world.rules.every(({ schedule }) => schedule === null)) scheduled(world, 'day');
    },
  },
  {
    code: 'holiday',
    glass: false,
    make: (world) => {
      scheduled(world, 'day');
      world.give('door', { 'holiday/2026-01-05': { title: 'Today' } });
    },
  },
  { code: 'outside_hours', glass: false, make: (world) => scheduled(world, 'night') },
  { code: 'not_allowed', glass: false, make: (world) => only(world, 'group:nobody') },
  {
    code: 'pin_blocked',
    glass: false,
    make: (world) => {
      world.door.pin = true;
      world.held.pin = PIN;
      world.pin = PIN;
      world.give('door', { 'tries/ada/fob': { count: 3, ms: NOON_MS - 29_999 } });
    },
  },
  {
    code: 'pin_missing',
    glass: false,
    make: (world) => {
      world.door.pin = true;
      world.pin = null;
    },
  },
  {
    code: 'pin_wrong',
    glass: false,
    make: (world) => {
      world.door.pin = true;
      world.held.pin = PIN;
      world.pin = WRONG_PIN;
    },
  },
  {
    code: 'passback',
    glass: false,
    make: (world) => {
      world.door.passback = { area: 'hall', ms: 60_000 };
      world.give('door', { 'pass/hall/ada': { door: 'back', ms: NOON_MS - 59_999 } });
    },
  },
  {
    code: 'second_person_missing',
    glass: false,
    make: (world) => {
      world.door.twoMs = 10_000;
      world.waiting = null;
    },
  },
  {
    code: 'welded',
    glass: false,
    make: (world) => world.give('door', { 'alarm/front/welded': { since: 1, event: null, clock: 'synced' } }),
  },
];
