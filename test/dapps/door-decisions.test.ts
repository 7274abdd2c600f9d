import fc from 'fast-check';
import t from 'tap';
import { opennessOf } from '../../dapps/door/decision/calendar.ts';
import { blockedUntil } from '../../dapps/door/decision/pin.ts';
import { gatherAtReader } from '../../dapps/door/gather.ts';
import type { Schedule } from '../../dapps/door/schedule-record.ts';
import type { State } from '../../dapps/sdk/state.ts';
import { parseZone } from '../../dapps/sdk/zone.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { DAY_MS, DENIALS, GRANTS, NOON_MS, PIN, RULES, World } from './door-world.ts';

function worldOf(grant: string): World {
  const world = new World();
  GRANTS[grant]?.[1](world);
  return world;
}

t.test('each way in grants, and tells its rule', async (t) => {
  for (const [name, [rule]] of Object.entries(GRANTS)) {
    const decision = await worldOf(name).decide();
    t.match(decision, { granted: true, rule, denials: [] }, name);
  }
});

const FRESH = 'a restored board that is fresh enough';
/** Where a denial brings an earlier one along: without a clock nobody knows how old a state is. */
const FIRST_TOLD: Readonly<Record<string, string>> = { [`${FRESH}, clock_unknown`]: 'stale' };

t.test('every pair of a grant and a denial is denied', async (t) => {
  const codes = DENIALS.map(({ code }) => code);
  t.equal(new Set(codes).size, 22, 'every code there is');
  for (const grant of Object.keys(GRANTS)) {
    for (const { code, glass, make } of DENIALS) {
      const world = worldOf(grant);
      make(world);
      const { granted, denials } = await world.decide();
      const pair = `${grant}, ${code}`;
      if (world.isGlass && !glass) {
        t.ok(granted, `${pair}: depends on time or knowledge, and a break-glass card passes`);
      } else {
        t.notOk(granted, pair);
        const told = denials.map((denial) => denial.code);
        t.ok(told.includes(code), `${pair}: ${told.join(', ')}`);
        t.equal(told[0], FIRST_TOLD[pair] ?? code, `${pair} first`);
      }
    }
  }
});

/** Denials that replace what another one is about: of each of these, one world has one. */
const RIVALS = [
  ['no_door', 'unknown_badge', 'ambiguous_badge', 'no_such_member'],
  ['not_yet_valid', 'guest_over', 'expired'],
  ['holiday', 'outside_hours', 'not_allowed', 'clock_unknown'],
  ['pin_blocked', 'pin_missing', 'pin_wrong'],
];
/** Without a clock they cannot be told from each other, or from their opposite. */
const NEED_A_CLOCK: readonly string[] = ['not_yet_valid', 'guest_over', 'expired', 'passback'];

const denialSet = fc.subarray([...DENIALS.keys()]).map((places) => {
  const taken = new Set<number>();
  const codeOf = (place: number): string => DENIALS[place]?.code ?? '';
  const isTimeless = places.some((place) => codeOf(place) === 'clock_unknown');
  return places.filter((place) => {
    if (isTimeless && NEED_A_CLOCK.includes(codeOf(place))) return false;
    const group = RIVALS.findIndex((rivals) => rivals.includes(codeOf(place)));
    if (group < 0) return true;
    const isFirst = !taken.has(group);
    taken.add(group);
    return isFirst;
  });
});

t.test('any denial denies, the first is told, and one taken away never shuts a door', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(GRANTS)), denialSet, fc.nat(), async (grant, places, pick) => {
      const play = async (which: readonly number[]) => {
        const world = worldOf(grant);
        for (const place of which) DENIALS[place]?.make(world);
        return { world, decision: await world.decide() };
      };
      const { world, decision } = await play(places);
      const applied = places.filter((place) => !world.isGlass || DENIALS[place]?.glass === true);
      if (decision.granted !== (applied.length === 0)) throw new Error(`granted is ${decision.granted}`);
      if (decision.granted !== (decision.denials.length === 0)) throw new Error('granted against a denial');
      const codes = applied.map((place) => DENIALS[place]?.code);
      const isStale = grant === FRESH && codes.includes('clock_unknown');
      const first = DENIALS.find(({ code }) => codes.includes(code) || (isStale && code === 'stale'))?.code;
      if (decision.denials[0]?.code !== first) throw new Error(`told ${decision.denials[0]?.code}, not ${first}`);
      const gone = places[pick % Math.max(1, places.length)];
      const fewer = await play(places.filter((place) => place !== gone));
      if (decision.granted && !fewer.decision.granted) throw new Error('a denial less, and the door is shut');
    }),
    { numRuns: 400 },
  );
});

t.test('in any world and at any time a grant has no denial, and denials come in order', async () => {
  const at = fc.record({
    ms: fc.integer({ min: 0, max: 2 * NOON_MS }),
    quality: fc.constantFrom('synced', 'peer', 'restored', 'unknown'),
  });
  const span = fc.record({ from: fc.nat(2 * NOON_MS), until: fc.option(fc.nat(2 * NOON_MS)) });
  const rule = fc.record({
    who: fc.constantFrom('everyone', 'plan:full', 'plan:single', 'role:member', 'role:admin', 'group:g', 'member:ada'),
    schedule: fc.constantFrom(null, 'day', 'night', 'gone'),
  });
  await fc.assert(
    fc.asyncProperty(
      at,
      fc.array(rule, { maxLength: 4 }),
      fc.array(span, { maxLength: 3 }),
      fc.record({ pin: fc.boolean(), twoMs: fc.constantFrom(0, 5_000), staleMs: fc.option(fc.nat(1_000)) }),
      fc.record({
        isGuest: fc.boolean(),
        isPermanent: fc.boolean(),
        hasPin: fc.boolean(),
        waiting: fc.constantFrom(null, 'ada', 'bob'),
      }),
      fc.constantFrom('', 'denial/all/b.0', 'denial/door/front/b.0', 'denial/door/back/b.0'),
      async (when, rules, spans, door, { isGuest, isPermanent, hasPin, waiting }, order) => {
        const build = (isOrdered: boolean) => {
          const world = new World();
          world.at = when;
          world.rules = rules;
          Object.assign(world.door, door);
          world.member.permanent = isPermanent && spans.length === 0;
          world.member.plans = spans.map((one, i) => ({ plan: i % 2 === 0 ? 'full' : 'single', ...one }));
          const [first] = spans;
          if (isGuest && first)
            world.member.guest = { ...first, until: first.until ?? NOON_MS, host: 'bob', hours: [] };
          world.held.pin = PIN;
          world.pin = hasPin ? PIN : null;
          world.waiting = waiting;
          world.give('mesh', { 'restored/n1': { asOfMs: NOON_MS } });
          if (isOrdered && order !== '') world.give('door', { [order]: { reason: 'x', since: 1 } });
          return world.decide();
        };
        const codes = DENIALS.map(({ code }) => code);
        const [decision, without] = await Promise.all([build(true), build(false)]);
        const places = decision.denials.map(({ code }) => codes.indexOf(code));
        if (places.some((place, i) => place < (places[i - 1] ?? 0))) throw new Error('denials out of order');
        if (decision.granted !== (decision.denials.length === 0)) throw new Error('granted against a denial');
        if (decision.granted && !without.granted) throw new Error('an order less, and the door is shut');
        const isOrdered = order.startsWith('denial/all') || order.startsWith('denial/door/front');
        if (isOrdered && decision.granted) throw new Error('granted against an order');
        if (!isOrdered && decision.granted !== without.granted)
          throw new Error('an order for another door counts here');
        if (decision.granted && spans.length === 0 && !isPermanent) throw new Error('neither a plan nor permanent');
        if (when.quality === 'unknown' && decision.granted) {
          const hasEnd = spans.every(({ until }) => until !== null);
          if (isGuest && spans.length > 0) throw new Error('a guest without a clock');
          if (spans.length > 0 && hasEnd) throw new Error('a plan with an end without a clock');
          if (!rules.some(({ schedule }) => schedule === null)) throw new Error('a schedule without a clock');
        }
      },
    ),
    { numRuns: 600 },
  );
});

t.test('a decision takes at most three rounds of look-ups, five with the plan of a family’s head', async (t) => {
  const measure = async (grant: string): Promise<number> => {
    RULES.reset(await stateOf(worldOf(grant)));
    const counted = new Rounds(RULES.reader());
    const { views, at, pin } = worldOf(grant);
    await counted.run(gatherAtReader(counted, 'r', { views, pin }, at));
    return counted.rounds;
  };
  for (const [grant, rounds] of [
    ['a permanent member', 2],
    ['a member by a schedule', 3],
    ['a plan', 3],
    ['a right PIN', 3],
    ['a restored board that is fresh enough', 3],
    ['a break-glass card', 2],
    ['the plan of a family’s head', 5],
    ['a permanent head of the family', 4],
  ] as const) {
    t.equal(await measure(grant), rounds, grant);
  }
});

async function stateOf(world: World): Promise<Readonly<Record<string, JsonObject>>> {
  const state = world.state();
  return { ...state, door: { ...state.door, 'reader/r': 'front' } };
}

/** Answers look-ups all at once, when nobody asks for more: each time is a round trip to the node. */
class Rounds implements State {
  rounds = 0;
  readonly #state: State;
  #waiting: (() => void)[] = [];

  constructor(state: State) {
    this.#state = state;
  }

  async read(key: string, dapp?: string) {
    await this.#turn();
    return this.#state.read(key, dapp);
  }

  async scan(prefix: string, options = {}) {
    await this.#turn();
    return this.#state.scan(prefix, options);
  }

  async run(task: Promise<unknown>): Promise<void> {
    let isDone = false;
    void task.finally(() => {
      isDone = true;
    });
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isDone) return;
      this.rounds += 1;
      for (const release of this.#waiting.splice(0)) release();
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

t.test('hours: midnight, summer time north and south, and days that hold no hour', async (t) => {
  const BERLIN = 'CET-1CEST,M3.5.0,M10.5.0/3';
  const SYDNEY = 'AEST-10AEDT,M10.1.0,M4.1.0/3';
  const ALL = [1, 2, 3, 4, 5, 6, 7];
  const hours = (from: number, to: number, days = ALL, zone: string | null = BERLIN): Schedule => ({
    ...{ zone, hours: [{ days, from, to }], holidays: false },
  });
  const utc = (text: string) => Date.parse(`${text}Z`);
  const table: readonly [string, Schedule, string, string][] = [
    ['first minute', hours(480, 1200), '2026-01-05T07:00', 'open'],
    ['a millisecond early', hours(480, 1200), '2026-01-05T06:59:59.999', 'shut'],
    ['last millisecond', hours(480, 1200), '2026-01-05T18:59:59.999', 'open'],
    ['closing time', hours(480, 1200), '2026-01-05T19:00', 'shut'],
    ['summer, an hour earlier in UTC', hours(480, 1200), '2026-07-06T06:00', 'open'],
    ['summer evening', hours(480, 1200), '2026-07-06T18:00', 'shut'],
    ['another weekday', hours(480, 1200, [2]), '2026-01-05T12:00', 'shut'],
    ['no hours', { zone: BERLIN, hours: [], holidays: false }, '2026-01-05T12:00', 'shut'],
    ['friday night, before midnight', hours(1200, 1560, [5], 'UTC0'), '2026-01-09T23:59', 'open'],
    ['and after it', hours(1200, 1560, [5], 'UTC0'), '2026-01-10T01:59', 'open'],
    ['and past its end', hours(1200, 1560, [5], 'UTC0'), '2026-01-10T02:00', 'shut'],
    ['the night before', hours(1200, 1560, [5], 'UTC0'), '2026-01-09T01:00', 'shut'],
    ['sunday goes on into monday', hours(1200, 1560, [7], 'UTC0'), '2026-01-12T01:00', 'open'],
    ['the whole day round', hours(0, 1440, ALL, 'UTC0'), '2026-01-12T00:00', 'open'],
    ['the hour before the gap', hours(60, 120), '2026-03-29T00:59', 'open'],
    ['02:00 to 03:00 does not exist in the gap', hours(120, 180), '2026-03-29T01:00', 'shut'],
    ['and the clock shows 03:00', hours(180, 181), '2026-03-29T01:00', 'open'],
    ['02:30 comes a first time', hours(150, 151), '2026-10-25T00:30', 'open'],
    ['and a second time', hours(150, 151), '2026-10-25T01:30', 'open'],
    ['but not a third', hours(150, 151), '2026-10-25T02:30', 'shut'],
    ['the night of the gap is an hour shorter', hours(1380, 1500, [6]), '2026-03-28T23:59', 'open'],
    ['and ends by the clock on the wall', hours(1380, 1620, [6]), '2026-03-29T01:00', 'shut'],
    ['south: summer in january', hours(480, 1200, ALL, SYDNEY), '2026-01-04T21:00', 'open'],
    ['south: winter in july', hours(480, 1200, ALL, SYDNEY), '2026-07-05T21:59', 'shut'],
    ['south: winter in july, an hour later', hours(480, 1200, ALL, SYDNEY), '2026-07-05T22:00', 'open'],
    ['south: the gap in october', hours(120, 180, ALL, SYDNEY), '2026-10-03T16:00', 'shut'],
    ['south: the overlap in april, first', hours(150, 151, ALL, SYDNEY), '2026-04-04T15:30', 'open'],
    ['south: the overlap in april, second', hours(150, 151, ALL, SYDNEY), '2026-04-04T16:30', 'open'],
    ['the space’s zone', hours(480, 1200, ALL, null), '2026-01-05T12:00', 'shut'],
    ['the space’s zone, its day', hours(480, 1200, ALL, null), '2026-01-04T21:00', 'open'],
  ];
  const calendar = { zone: parseZone(SYDNEY), holiday: null };
  for (const [name, schedule, text, want] of table) {
    t.equal(opennessOf(schedule, calendar, { ms: utc(text), quality: 'peer' }), want, name);
  }
  const noon = { ms: utc('2026-01-05T12:00'), quality: 'synced' };
  const day = hours(480, 1200);
  const today = { ...calendar, holiday: '2026-01-05' };
  t.equal(opennessOf(day, today, noon), 'holiday');
  t.equal(opennessOf({ ...day, holidays: true }, today, noon), 'open');
  t.equal(opennessOf(hours(0, 60), today, noon), 'shut', 'it is not the holiday that shuts it');
  t.equal(opennessOf(day, calendar, { ...noon, quality: 'unknown' }), 'clock');
  t.equal(opennessOf(undefined, calendar, noon), 'shut');
});

t.test('holidays are days of the space', async (t) => {
  const world = new World();
  world.rules = [{ who: 'everyone', schedule: 'all' }];
  const hours = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];
  world.give('door', {
    'schedule/all': { zone: 'UTC0', hours, holidays: false },
    space: { zone: 'AEST-10AEDT,M10.1.0,M4.1.0/3' },
    'holiday/2026-01-26': { title: 'Australia Day' },
  });
  for (const [text, granted] of [
    ['2026-01-25T12:59:59.999', true],
    ['2026-01-25T13:00', false],
    ['2026-01-26T12:59:59.999', false],
    ['2026-01-26T13:00', true],
  ] as const) {
    world.at = { ms: Date.parse(`${text}Z`), quality: 'synced' };
    const decision = await world.decide();
    t.equal(decision.granted, granted, text);
    if (!granted) t.strictSame(decision.denials, [{ code: 'holiday', rule: 'holiday:2026-01-26' }]);
  }
});

t.test('edges of standing', async (t) => {
  const table: readonly [string, (world: World) => void, string | null][] = [
    ['a plan begins', (world) => plans(world, [{ plan: 'single', from: NOON_MS, until: null }]), null],
    [
      'a plan begins later',
      (world) => plans(world, [{ plan: 'single', from: NOON_MS + 1, until: null }]),
      'not_yet_valid',
    ],
    ['a plan has ended', (world) => plans(world, [{ plan: 'single', from: 0, until: NOON_MS }]), 'expired'],
    ['a plan’s last moment', (world) => plans(world, [{ plan: 'single', from: 0, until: NOON_MS + 1 }]), null],
    ['grace is over', (world) => plans(world, [{ plan: 'full', from: 0, until: NOON_MS - 7 * DAY_MS }]), 'expired'],
    [
      'a plan nobody knows has no grace',
      (world) => plans(world, [{ plan: 'gone', from: 0, until: NOON_MS }]),
      'expired',
    ],
    [
      'one over, one later: expired',
      (world) =>
        plans(world, [
          { plan: 'full', from: 0, until: 1 },
          { plan: 'single', from: NOON_MS + 1, until: null },
        ]),
      'expired',
    ],
    ['the head’s plan does not cover families', (world) => family(world, 'single', 'bob'), 'expired'],
    ['the head’s plan covers but has ended', (world) => family(world, 'full', 'bob', 1), 'expired'],
    ['a head is not covered by their own family', (world) => family(world, 'full', 'ada'), 'expired'],
    ['a family that is gone', (world) => Object.assign(world.member, { family: 'f2', permanent: false }), 'expired'],
    [
      'a record from before the mark',
      (world) => Object.assign(world, { member: { name: 'Ada', since: 1 } }),
      'expired',
    ],
    ['a badge the member no longer has', (world) => Object.assign(world, { held: null }), 'lost'],
  ];
  for (const [name, make, code] of table) {
    const world = new World();
    make(world);
    t.equal((await world.decide()).denials[0]?.code ?? null, code, name);
  }
});

function plans(world: World, given: readonly JsonObject[]): void {
  Object.assign(world.member, { permanent: false, plans: [...given] });
}

function family(world: World, plan: string, head: string, until: number | null = null): void {
  Object.assign(world.member, { permanent: false, family: 'f1' });
  const record = { ...world.member, plans: [{ plan, from: 0, until }] };
  world.give('membership', { 'family/f1': { title: 'L', head }, 'member/bob': record });
}

t.test('without a plan: permanent, covered by a permanent head, or expired whatever the clock', async (t) => {
  const over = { plan: 'full', from: 0, until: 1 };
  const kinOf = (world: World, head: JsonObject) => {
    Object.assign(world.member, { permanent: false, family: 'f1' });
    world.give('membership', { 'family/f1': { title: 'L', head: 'bob' }, 'member/bob': { ...world.member, ...head } });
  };
  const table: readonly [string, (world: World) => void, synced: string, unknown: string][] = [
    ['permanent', () => {}, 'granted', 'granted'],
    ['neither', (world) => plans(world, []), 'expired no-plan', 'expired no-plan'],
    ['a plan that has ended', (world) => plans(world, [over]), 'expired plan:full', 'clock_unknown plan:full'],
    ['a permanent head', (world) => kinOf(world, { permanent: true }), 'granted', 'granted'],
    ['a head with neither', (world) => kinOf(world, {}), 'expired no-plan', 'expired no-plan'],
    [
      'a head whose plan has ended',
      (world) => kinOf(world, { plans: [over] }),
      'expired plan:full',
      'clock_unknown plan:full',
    ],
    [
      'a mark that is none',
      (world) => Object.assign(world.member, { permanent: 1 }),
      'expired no-plan',
      'expired no-plan',
    ],
    [
      'permanent, in the family of a head with neither',
      (world) => {
        kinOf(world, {});
        world.member.permanent = true;
      },
      'granted',
      'granted',
    ],
  ];
  for (const [name, make, ...wanted] of table) {
    for (const [i, quality] of ['synced', 'unknown'].entries()) {
      const world = new World();
      make(world);
      world.at = { ...world.at, quality };
      const { granted, denials } = await world.decide();
      const [first] = denials;
      t.equal(granted ? 'granted' : `${first?.code} ${first?.rule}`, wanted[i], `${name}, ${quality}`);
    }
  }
});

t.test('two members with cards that share their low bits', async (t) => {
  const at = { ms: NOON_MS, quality: 'synced' };
  const view = (bits: number, char: string, epoch = 'e1') => ({ epoch, bits, hash: char.repeat(64) });
  const table: readonly [string, readonly [bits: number, epoch: string, member: string][], number, string][] = [
    ['only the narrow view known', [[24, 'e1', 'ada']], 24, 'ada'],
    ['the narrow view is not enough', [[24, 'e1', 'ada']], 32, 'unknown'],
    ['as wide as the door asks', [[40, 'e1', 'ada']], 40, 'ada'],
    [
      'two members',
      [
        [40, 'e1', 'ada'],
        [24, 'e1', 'bob'],
      ],
      24,
      'ambiguous',
    ],
    [
      'the other one too narrow',
      [
        [40, 'e1', 'ada'],
        [24, 'e1', 'bob'],
      ],
      32,
      'ada',
    ],
    [
      'two members under two keys',
      [
        [40, 'e1', 'ada'],
        [40, 'e0', 'bob'],
      ],
      24,
      'ambiguous',
    ],
    ['known under an old key', [[40, 'e0', 'ada']], 24, 'ada'],
    [
      'a member and a break-glass card',
      [
        [40, 'e1', 'ada'],
        [24, 'e1', ''],
      ],
      24,
      'ambiguous',
    ],
    ['a break-glass card', [[40, 'e1', '']], 40, 'glass'],
  ];
  for (const [name, hits, bits, want] of table) {
    const keys = (
      prefix: string,
      isWanted: (member: string) => boolean,
      value: (member: string) => JsonObject | string,
    ) =>
      hits
        .filter(([, , who]) => isWanted(who))
        .map(([width, epoch, who]) => [`${prefix}/${epoch}/${width}/${'a'.repeat(64)}`, value(who)]);
    RULES.reset({
      door: {
        'reader/r': 'front',
        'door/front': { reader: 'r', output: 'o', openMs: 3_000, bits, schedule: null },
        'glasscard/g': { label: 'G', views: [] },
        ...Object.fromEntries(
          keys(
            'glass',
            (who) => who === '',
            () => 'g',
          ),
        ),
      },
      membership: {
        'member/ada': { name: 'Ada', since: 1 },
        'member/bob': { name: 'Bob', since: 1 },
        ...Object.fromEntries(
          keys(
            'badge',
            (who) => who !== '',
            (member) => ({ member, badge: 'fob' }),
          ),
        ),
      },
    });
    const views = [40, 24].flatMap((width) => [view(width, 'a'), view(width, 'a', 'e0')]);
    const { card } = await gatherAtReader(RULES.reader(), 'r', { views, pin: null }, at);
    t.equal(card.type === 'member' ? card.person.member : card.type, want, name);
  }
});

t.test('the block of a PIN doubles up to an hour and no further', async (t) => {
  const waits = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 60, 2_000].map((count) => blockedUntil({ count, ms: 0 }));
  const S = 1_000;
  t.strictSame(waits, [
    null,
    30 * S,
    60 * S,
    120 * S,
    240 * S,
    480 * S,
    960 * S,
    1_920 * S,
    3_600 * S,
    3_600 * S,
    3_600 * S,
    3_600 * S,
  ]);
});
