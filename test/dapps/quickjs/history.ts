import fc from 'fast-check';
import type { JsonObject } from '../../../src/base/json.ts';
import { blockIdOf, idText } from '../../../src/format/ids.ts';
import { compileEntryCheck, type EntryCheck } from '../../../src/sandbox/entry-check.ts';
import type { Manifest } from '../../../src/sandbox/manifest.ts';
import { DOOR_BODIES } from './door-bodies.ts';
import { Draw } from './draw.ts';
import { type MakeBody, MEMBERSHIP_BODIES } from './membership-bodies.ts';
import { momentOf, QUERY_NAMES, queryOf } from './queries.ts';
import { valuesOf } from './schema-values.ts';
import { takeOut, World } from './world.ts';

/** One thing that is asked of a contract, as the node asks it. */
export type Step = { readonly dapp: string; readonly label: string } & (
  | { readonly method: 'apply'; readonly params: JsonObject }
  | { readonly method: 'query'; readonly params: JsonObject }
);

export interface History {
  /** When the board was restored from a backup, or null. */
  readonly restoredMs: number | null;
  readonly steps: readonly Step[];
}

/** What a step is made from: numbers to choose by, or a whole body that only the schema has looked at. */
type Raw =
  | { readonly type: 'entry'; readonly kind: string; readonly draws: readonly number[] }
  | { readonly type: 'hostile'; readonly kind: string; readonly body: JsonObject }
  | { readonly type: 'query'; readonly name: string; readonly draws: readonly number[] };

const BODIES: Readonly<Record<string, Readonly<Record<string, MakeBody>>>> = {
  membership: MEMBERSHIP_BODIES,
  door: DOOR_BODIES,
};

/** Which kind made what this one lifts. */
const LIFTS: Readonly<Record<string, string>> = {
  'member.resume': 'member.suspend',
  'badge.found': 'badge.lost',
  'door.enable': 'door.disable',
  'lockdown.end': 'lockdown',
};

/** A space as somebody sets it up; what comes after it finds something to be about. */
const PROLOGUE = [
  'space.set schedule.set schedule.set holiday.set plan.set plan.set member.add member.add member.add family.set',
  'plan.give badge.enrol badge.enrol badge.enrol pin.set door.add door.add door.add glass.add guest.add alarm',
]
  .join(' ')
  .split(' ');

/** What is seldom after what it needs by chance alone: each pair is in about half of the histories. */
const PAIRS = [
  ['member.suspend', 'member.resume'],
  ['badge.lost', 'badge.found'],
  ['door.disable', 'door.enable'],
  ['lockdown', 'lockdown.end'],
  ['note.add', 'note.erase'],
  ['plan.give', 'plan.take'],
  ['schedule.set', 'schedule.remove'],
] as const;

/** What all the rest is for: who may enter. */
const DECISIONS = ['door.decide', 'door.why'] as const;

/** More than any body takes. */
const DRAWS = 40;
const DECISIONS_LAST_MAX = 6;
const STEPS_MAX = 40;
const STEP_PAUSES_MS = [0, 60_000, 3_600_000, 7 * 3_600_000, 86_400_000, 9 * 86_400_000] as const;
const ENTRIES_A_BLOCK = 3;

/** Histories of the dapps together, for door reads what membership keeps. */
export class Histories {
  readonly #manifests: ReadonlyMap<string, Manifest>;
  readonly #checks: ReadonlyMap<string, EntryCheck>;
  /** The dapp of each kind. */
  readonly #dapps: ReadonlyMap<string, string>;

  /** @throws Error when a kind of a manifest has no body here, or one here has no kind. */
  constructor(manifests: readonly Manifest[]) {
    this.#manifests = new Map(manifests.map((manifest) => [manifest.name, manifest]));
    this.#checks = new Map(manifests.map((manifest) => [manifest.name, compileEntryCheck(manifest)]));
    this.#dapps = new Map(manifests.flatMap(({ name, entries }) => Object.keys(entries).map((kind) => [kind, name])));
    const wanted = [...this.#dapps].map(([kind, dapp]) => `${dapp} ${kind}`).sort();
    const made = Object.entries(BODIES).flatMap(([dapp, kinds]) => Object.keys(kinds).map((kind) => `${dapp} ${kind}`));
    const missing = wanted.filter((one) => !made.includes(one));
    if (missing.length > 0) throw new Error(`no history has these kinds: ${missing.join(', ')}`);
  }

  get kinds(): readonly string[] {
    return [...this.#dapps.keys()];
  }

  arbitrary(): fc.Arbitrary<History> {
    // Without bias: small numbers are the first choices, not the odd ones.
    const draws = fc.noBias(fc.array(fc.nat(0xffff), { minLength: DRAWS, maxLength: DRAWS, size: 'max' }));
    const entry = (kinds: readonly string[]): fc.Arbitrary<Raw> =>
      fc.tuple(fc.constantFrom(...kinds), draws).map(([kind, numbers]) => ({ type: 'entry', kind, draws: numbers }));
    const query = (names: readonly string[]): fc.Arbitrary<Raw> =>
      fc.tuple(fc.constantFrom(...names), draws).map(([name, numbers]) => ({ type: 'query', name, draws: numbers }));
    const prologue = PROLOGUE.filter((kind) => this.#dapps.has(kind)).map((kind) =>
      fc.option(entry([kind]), { freq: 40 }),
    );
    const pairs = PAIRS.filter((pair) => pair.every((kind) => this.#dapps.has(kind))).map((pair) =>
      fc.option(fc.tuple(...pair.map((kind) => entry([kind]))), { freq: 2 }),
    );
    const steps = fc.oneof(
      { weight: 12, arbitrary: entry(this.kinds) },
      { weight: 1, arbitrary: fc.oneof(...this.kinds.map((kind) => this.#hostile(kind))) },
      { weight: 5, arbitrary: query(QUERY_NAMES) },
      { weight: 3, arbitrary: query(DECISIONS) },
    );
    return fc
      .record({
        restored: fc.option(fc.nat(0xffff)),
        first: fc.tuple(...prologue),
        pairs: fc.tuple(...pairs),
        rest: fc.array(steps, { maxLength: STEPS_MAX, size: 'max' }),
        last: fc.array(query(DECISIONS), { maxLength: DECISIONS_LAST_MAX, size: 'max' }),
      })
      .map(({ restored, first, pairs, rest, last }) => {
        const raws = [...first, ...pairs.flatMap((pair) => pair ?? []), ...rest, ...last];
        return this.#build(
          restored,
          raws.filter((raw) => raw !== null),
        );
      });
  }

  #hostile(kind: string): fc.Arbitrary<Raw> {
    const { dapp, entry } = this.#entryOf(kind);
    return valuesOf(entry.body)
      .filter((body) => accepts(this.#checks.get(dapp), kind, body as JsonObject))
      .map((body) => ({ type: 'hostile', kind, body: body as JsonObject }));
  }

  #entryOf(kind: string): { readonly dapp: string; readonly entry: Manifest['entries'][string] } {
    const dapp = this.#dapps.get(kind) ?? '';
    const entry = this.#manifests.get(dapp)?.entries[kind];
    if (entry === undefined) throw new Error(`no kind ${kind}`);
    return { dapp, entry };
  }

  #build(restored: number | null, raws: readonly Raw[]): History {
    const world = new World();
    const restoredMs = restored === null ? null : world.ms - restored * 60_000;
    const steps = raws.map((raw, at) => {
      if (raw.type === 'query') return this.#query(raw.name, new Draw(raw.draws), world);
      return this.#entry(raw, at, world);
    });
    return { restoredMs, steps };
  }

  #query(query: string, draw: Draw, world: World): Step {
    const { dapp, name, params } = queryOf(query, draw, world);
    return { dapp, label: `query ${query}`, method: 'query', params: { name, params } };
  }

  #entry(raw: Exclude<Raw, { type: 'query' }>, at: number, world: World): Step {
    const { kind } = raw;
    const { dapp, entry } = this.#entryOf(kind);
    const draw = new Draw(raw.type === 'entry' ? raw.draws : []);
    world.ms += draw.of(STEP_PAUSES_MS);
    const block = idText(blockIdOf(new TextEncoder().encode(`block ${Math.floor(at / ENTRIES_A_BLOCK)}`)));
    const index = at % ENTRIES_A_BLOCK;
    const moment = momentOf(draw, world.ms);
    const standing = world.standing(LIFTS[kind] ?? kind);
    const lifted = entry.effect === 'lift' ? draw.known(standing, null) : null;
    if (draw.chance(90)) takeOut(standing, (one) => one === lifted);
    const made = raw.type === 'hostile' ? raw.body : this.#body(dapp, kind, draw, world);
    const body = lifted === null || draw.chance(10) ? made : shared(made, lifted.body);
    if (raw.type === 'entry') this.#checks.get(dapp)?.check(kind, body);
    if (entry.effect === 'deny') standing.push({ body, block, index });
    const re = lifted === null ? null : { block: lifted.block, index: lifted.index };
    const { name, version } = this.#manifests.get(dapp) ?? { name: dapp, version: '' };
    const isFact = entry.type === 'fact';
    return {
      dapp,
      label: `apply ${kind}`,
      method: 'apply',
      params: {
        entry: { dapp: name, ver: version, kind, re, body, block, index },
        author: { key: 'aa'.repeat(32), principal: isFact ? null : 'p-admin', node: 'node-a' },
        roles: isFact ? ['node'] : ['admin'],
        at: moment,
        reads: {},
        seed: '11'.repeat(32),
      },
    };
  }

  #body(dapp: string, kind: string, draw: Draw, world: World): JsonObject {
    const make = BODIES[dapp]?.[kind];
    if (make === undefined) throw new Error(`no history has the kind ${kind}`);
    return make(draw, world);
  }
}

/** What a lift names is what the denial named: of `from`, the members that `body` has too. */
function shared(body: JsonObject, from: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(body).map((name) => [name, from[name] ?? body[name] ?? null]));
}

function accepts(check: EntryCheck | undefined, kind: string, body: JsonObject): boolean {
  try {
    check?.check(kind, body);
    return true;
  } catch {
    return false;
  }
}
