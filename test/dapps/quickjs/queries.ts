import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { Draw } from './draw.ts';
import { pinHash } from './membership-bodies.ts';
import type { World } from './world.ts';

interface Query {
  readonly dapp: string;
  readonly name: string;
  readonly params: JsonObject;
}

const QUALITIES = ['synced', 'peer', 'restored', 'unknown'] as const;

/** How the node says when: mostly a time it is sure of. */
export function momentOf(draw: Draw, ms: number): JsonObject {
  return { ms, quality: draw.chance(25) ? draw.of(QUALITIES) : 'synced' };
}

/** Now, soon after, or some day around. */
const timeOf = (draw: Draw, world: World): number =>
  draw.of([world.ms, world.ms + draw.integer(0, 600) * 1000, world.near(draw)]);
const member = (draw: Draw, world: World): JsonObject => ({ member: draw.known(world.members, 'nobody') });
const door = (draw: Draw, world: World): JsonObject => ({ door: draw.known(world.doors, 'no-door') });
const page = (draw: Draw): JsonObject => draw.maybe({ limit: draw.integer(1, 3) });
const pinOf = (draw: Draw, views: readonly JsonObject[]): Json =>
  views.map((view) => ({ ...view, hash: pinHash(draw.integer(0, 1)) }));

function viewsOf(draw: Draw, world: World): readonly JsonObject[] {
  const cards: readonly { readonly views: readonly JsonObject[] }[] = draw.chance(15) ? world.glass : world.cards;
  const { views } = draw.known(cards, { views: world.views(99) });
  return views.length > 1 ? views.slice(draw.integer(0, 1)) : views;
}

/** Every question the two dapps answer, by `dapp.name`. */
const QUERIES: Readonly<Record<string, (draw: Draw, world: World) => JsonObject>> = {
  'membership.members': (draw, world) => ({
    ...page(draw),
    ...(draw.chance(30) ? { after: draw.known(world.members, 'm') } : {}),
  }),
  'membership.member': (draw, world) =>
    draw.chance(30) ? { name: draw.of(['ada', 'Name m-1']) } : member(draw, world),
  'membership.plans': () => ({}),
  'membership.families': () => ({}),
  'membership.notes': member,
  'membership.holder': (draw, world) => ({ views: [...viewsOf(draw, world)] }),
  'door.doors': page,
  'door.door': door,
  'door.schedules': () => ({}),
  'door.holidays': () => ({}),
  'door.space': () => ({}),
  'door.glass': () => ({}),
  'door.offsets': (draw, world) => {
    const from = world.near(draw);
    return { from, until: from + draw.integer(0, 410) * 86_400_000 + draw.integer(0, 86_400) };
  },
  'door.decide': (draw, world) => {
    const views = viewsOf(draw, world);
    const pin = draw.maybe({ pin: pinOf(draw, views) });
    return { ...door(draw, world), views: [...views], ...pin, at: momentOf(draw, timeOf(draw, world)) };
  },
  'door.why': (draw, world) => {
    const card = draw.known(world.cards, { member: 'nobody', badge: 'b-0', views: [] });
    const whose = draw.chance(70) ? { member: card.member, badge: card.badge } : member(draw, world);
    return { ...door(draw, world), ...whose, at: momentOf(draw, timeOf(draw, world)) };
  },
};

export const QUERY_NAMES: readonly string[] = Object.keys(QUERIES);

export function queryOf(name: string, draw: Draw, world: World): Query {
  const make = QUERIES[name];
  if (make === undefined) throw new Error(`no query ${name}`);
  const [dapp = '', short = ''] = name.split('.');
  return { dapp, name: short, params: make(draw, world) };
}
