import type { JsonObject } from '../../../src/base/json.ts';
import type { Draw } from './draw.ts';
import { hoursOf, oddText } from './texts.ts';
import { type Card, takeOut, type World } from './world.ts';

/** Makes the body of one entry, and tells the world what it will have done. */
export type MakeBody = (draw: Draw, world: World) => JsonObject;

const nameOf = (draw: Draw, fresh: string): string =>
  draw.chance(30)
    ? oddText(draw)
    : draw.of([
        `Name ${fresh}`,
        `NAME ${fresh}`,
        `name  ${fresh} `,
        `N\u00e4me ${fresh}`,
        `Na\u0308me ${fresh}`,
        'Ada',
        'ADA',
      ]);

const personOf = (draw: Draw, world: World): JsonObject => ({
  ...draw.maybe({ groups: draw.some(['laser', 'wood', 'metal'], 3) }),
  ...draw.maybe({ roles: draw.some(['trainer', 'admin'], 2) }),
  ...draw.maybe({ family: draw.known(world.families, null) }),
  ...(draw.chance(30) ? { permanent: draw.chance(50) } : {}),
  ...draw.maybe({ email: draw.of([null, 'ada@example.org', 'a@b']) }),
});

const memberOf = (draw: Draw, world: World): string => draw.known(world.members, 'nobody');

function cardOf(draw: Draw, world: World): { readonly member: string; readonly badge: string } {
  const card = draw.known(world.cards, { member: 'nobody', badge: 'b-0', views: [] });
  return { member: card.member, badge: card.badge };
}

/** Commands of membership, by kind. */
export const MEMBERSHIP_BODIES: Readonly<Record<string, MakeBody>> = {
  'member.add': (draw, world) => {
    const member = draw.chance(10) ? memberOf(draw, world) : world.fresh('m');
    if (!world.members.includes(member)) world.members.push(member);
    return { member, name: nameOf(draw, member), ...personOf(draw, world) };
  },
  'member.edit': (draw, world) => {
    const member = memberOf(draw, world);
    return { member, ...draw.maybe({ name: nameOf(draw, member) }), ...personOf(draw, world) };
  },
  'member.forget': (draw, world) => {
    const member = memberOf(draw, world);
    if (!world.heads.has(member)) takeOut(world.members, (one) => one === member);
    return { member };
  },
  'plan.set': (draw, world) => {
    const plan = draw.known(world.plans, world.fresh('plan'));
    if (!world.plans.includes(plan)) world.plans.push(plan);
    return { plan, title: nameOf(draw, plan), graceDays: draw.integer(0, 30), family: draw.chance(40) };
  },
  'plan.give': (draw, world) => {
    const from = world.near(draw);
    const until = draw.chance(30) ? null : from + draw.integer(1, 60 * 24) * 3_600_000;
    return { member: memberOf(draw, world), plan: draw.known(world.plans, 'no-plan'), from, until };
  },
  'plan.take': (draw, world) => ({ member: memberOf(draw, world), plan: draw.known(world.plans, 'no-plan') }),
  'member.suspend': (draw, world) => ({ member: memberOf(draw, world), reason: draw.of(['owes', oddText(draw)]) }),
  'member.resume': (draw, world) => ({ member: memberOf(draw, world) }),
  'badge.enrol': (draw, world) => {
    const fresh = world.views(++world.count).slice(0, draw.of([3, 3, 3, 3, 1, 2]));
    const known: readonly Pick<Card, 'views'>[] = draw.chance(10) ? world.cards : [];
    const { views } = draw.known(known, { views: fresh });
    const card = { member: memberOf(draw, world), badge: draw.chance(90) ? world.fresh('b') : 'b-1', views };
    world.cards.push(card);
    return { ...card, family: 'em4100', label: draw.of(['fob', oddText(draw)]) };
  },
  'badge.lost': cardOf,
  'badge.found': cardOf,
  'badge.remove': cardOf,
  'pin.set': (draw, world) => {
    const card = draw.known(world.cards, { member: 'nobody', badge: 'b-0', views: world.views(0) });
    const pins = draw.chance(20) ? null : card.views.map((view) => ({ ...view, hash: pinHash(draw.integer(0, 1)) }));
    return { member: card.member, badge: card.badge, pins };
  },
  'guest.add': (draw, world) => {
    const guest = world.fresh('g');
    const from = world.near(draw);
    const until = from + draw.integer(1, 20 * 24) * 3_600_000;
    const host = memberOf(draw, world);
    world.guests.push({ guest, until });
    world.members.push(guest);
    return { guest, name: nameOf(draw, guest), host, from, until, hours: hoursOf(draw) };
  },
  'guest.end': (draw, world) => {
    const { guest, until } = draw.known(world.guests, { guest: 'nobody', until: world.ms });
    return { guest, until: draw.of([world.ms, until - 3_600_000, until + 1]) };
  },
  'family.set': (draw, world) => {
    const family = draw.known(world.families, world.fresh('f'));
    const head = memberOf(draw, world);
    if (!world.families.includes(family)) world.families.push(family);
    world.heads.add(head);
    return { family, title: nameOf(draw, family), head };
  },
  'family.remove': (draw, world) => {
    const family = draw.known(world.families, 'f-0');
    takeOut(world.families, (one) => one === family);
    return { family };
  },
  'note.add': (draw, world) => {
    const note = { member: memberOf(draw, world), note: world.fresh('n') };
    world.notes.push(note);
    return { ...note, text: draw.of(['pays in cash', oddText(draw)]) };
  },
  'note.erase': (draw, world) => ({ ...draw.known(world.notes, { member: 'nobody', note: 'n-0' }) }),
};

/** One of two PINs, as the hash that a node would make of it. */
export function pinHash(pin: number): string {
  return `${pin}`.repeat(64);
}
