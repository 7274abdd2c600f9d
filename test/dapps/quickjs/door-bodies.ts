import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { Draw } from './draw.ts';
import type { MakeBody } from './membership-bodies.ts';
import { hoursOf, oddText, zoneText } from './texts.ts';
import { takeOut, type World } from './world.ts';

/** Devices that the histories give to dapp mesh: the first three on one board, the last on another. */
export const READERS = ['reader-1', 'reader-2', 'reader-3', 'reader-4'] as const;
export const OUTPUTS = ['output-1', 'output-2', 'output-3', 'output-4'] as const;

/** Inputs, of the boards as the readers are. */
export const INPUTS = ['input-1', 'input-2', 'input-3', 'input-4', 'input-5'] as const;

const ALARMS = ['forced_open', 'held_open', 'tamper', 'welded', 'jammed', 'exit_stuck', 'reader_lost'] as const;
const CLOCKS = ['synced', 'peer', 'restored', 'unknown'] as const;
const CODES = ['unknown_badge', 'suspended', 'pin_wrong', 'pin_blocked', 'passback', 'outside_hours'] as const;

const doorOf = (draw: Draw, world: World): string => draw.known(world.doors, 'no-door');
const scheduleOf = (draw: Draw, world: World): string | null =>
  draw.chance(70) ? draw.known(world.schedules, 'no-schedule') : null;

function whoOf(draw: Draw, world: World): string {
  return draw.of([
    'everyone',
    `plan:${draw.known(world.plans, 'no-plan')}`,
    `role:${draw.of(['member', 'trainer', 'admin'])}`,
    `group:${draw.of(['laser', 'wood', 'nobody'])}`,
    `member:${draw.known(world.members, 'nobody')}`,
  ]);
}

const allowOf = (draw: Draw, world: World): Json =>
  Array.from({ length: draw.integer(0, 3) }, () => ({ who: whoOf(draw, world), schedule: scheduleOf(draw, world) }));

function rulesOf(draw: Draw, world: World): JsonObject {
  return {
    ...draw.maybe({ allow: allowOf(draw, world) }),
    ...draw.maybe({ keepOpen: scheduleOf(draw, world) }),
    ...draw.maybe({ pin: draw.chance(50) }),
    ...draw.maybe({ twoMs: draw.of([0, 1000, 60_000]) }),
    ...draw.maybe({ passback: draw.of([null, { area: draw.of(['hall', 'yard']), ms: 600_000 }]) }),
    ...draw.maybe({ staleMs: draw.of([null, 3_600_000, 30 * 86_400_000]) }),
    ...draw.maybe({ title: draw.of([null, 'Front', oddText(draw)]) }),
    ...(draw.chance(30) ? { exit: draw.of([null, ...INPUTS]) } : {}),
    ...(draw.chance(30) ? { contact: draw.of([null, ...INPUTS]), heldMs: draw.of([0, 1_000, 60_000]) } : {}),
    ...(draw.chance(10) ? { tamper: draw.of([null, 'nothing', ...INPUTS]) } : {}),
    ...(draw.chance(10) ? { bell: draw.of([null, 'reader-1', ...INPUTS]) } : {}),
  };
}

/** Who came, as facts tell it: a member with a badge, a card of glass, or nobody known. */
function comer(draw: Draw, world: World): JsonObject {
  const card = draw.known(world.cards, { member: 'nobody', badge: 'b-0', views: [] });
  const glass = draw.known(world.glass, { card: 'card-0', views: [] });
  return draw.chance(80) ? { member: card.member, badge: card.badge } : { card: glass.card };
}

const outcomeOf = (draw: Draw): JsonObject => (draw.chance(80) ? { pulse: 'pulse-1' } : { fault: 'pins_unreachable' });

/** Commands and facts of door, by kind. */
export const DOOR_BODIES: Readonly<Record<string, MakeBody>> = {
  'door.add': (draw, world) => {
    const door = draw.chance(10) ? doorOf(draw, world) : world.fresh('door');
    const free = READERS.findIndex((_, at) => ![...world.places.values()].includes(at));
    const at = draw.chance(5) || free < 0 ? draw.integer(0, READERS.length - 1) : free;
    const [reader = READERS[0], output = OUTPUTS[0]] = [READERS[at], OUTPUTS[at]];
    if (at === free && !world.doors.includes(door)) {
      world.doors.push(door);
      world.places.set(door, at);
    }
    const bits = draw.of([24, 24, 32, 40]);
    const rules = rulesOf(draw, world);
    return {
      ...{ door, reader, output, openMs: draw.integer(100, 60_000), bits },
      ...('allow' in rules ? {} : { schedule: scheduleOf(draw, world) }),
      ...rules,
    };
  },
  'door.edit': (draw, world) => ({
    door: doorOf(draw, world),
    ...draw.maybe({ openMs: draw.integer(100, 60_000) }),
    ...draw.maybe({ bits: draw.of([24, 24, 32, 40]) }),
    ...rulesOf(draw, world),
  }),
  'door.remove': (draw, world) => {
    const door = doorOf(draw, world);
    takeOut(world.doors, (one) => one === door);
    world.places.delete(door);
    return { door };
  },
  'door.disable': (draw, world) => ({ door: doorOf(draw, world), reason: draw.of(['broken', oddText(draw)]) }),
  'door.enable': (draw, world) => ({ door: doorOf(draw, world) }),
  lockdown: (draw) => ({ reason: draw.of(['fire', oddText(draw)]) }),
  'lockdown.end': () => ({}),
  'schedule.set': (draw, world) => {
    const schedule = draw.known(world.schedules, world.fresh('s'));
    if (!world.schedules.includes(schedule)) world.schedules.push(schedule);
    const zone = draw.chance(40) ? null : zoneText(draw);
    return { schedule, zone, hours: hoursOf(draw), holidays: draw.chance(30) };
  },
  'schedule.remove': (draw, world) => ({ schedule: draw.known(world.schedules, 's-0') }),
  'holiday.set': (draw, world) => {
    const day = draw.chance(5) ? draw.of(['2026-02-30', '2026-13-01', 'yesterday!', '2026-1-01 ']) : world.day(draw);
    world.holidays.push(day);
    return { day, title: draw.of(['New Year', oddText(draw)]) };
  },
  'holiday.remove': (draw, world) => ({ day: draw.known(world.holidays, '2026-01-01') }),
  'space.set': (draw) => ({ zone: zoneText(draw) }),
  'glass.add': (draw, world) => {
    const card = { card: world.fresh('glass'), views: world.views(++world.count) };
    world.glass.push(card);
    return { ...card, label: draw.of(['safe', oddText(draw)]) };
  },
  'glass.remove': (draw, world) => ({ card: draw.known(world.glass, { card: 'card-0', views: [] }).card }),
  'alarm.clear': (draw, world) => {
    const { door, alarm } = draw.known(world.alarms, { door: 'no-door', alarm: 'tamper' });
    return { door, alarm };
  },
  granted: (draw, world) => ({
    door: doorOf(draw, world),
    ...comer(draw, world),
    ...{ rule: 'everyone', event: world.fresh('e'), clock: draw.of(CLOCKS) },
    ...outcomeOf(draw),
    ...(draw.chance(10) ? { second: draw.known(world.members, 'nobody') } : {}),
  }),
  denied: (draw, world) => ({
    ...(draw.chance(80) ? { door: doorOf(draw, world) } : { reader: draw.of(READERS) }),
    ...(draw.chance(80) ? comer(draw, world) : { view: world.views(99)[0] ?? null }),
    ...{ code: draw.of(CODES), rule: 'badge', event: world.fresh('e'), clock: draw.of(CLOCKS) },
  }),
  opened: (draw, world) => ({
    ...{ door: doorOf(draw, world), by: 'console', rule: 'request', event: world.fresh('e'), clock: draw.of(CLOCKS) },
    ...outcomeOf(draw),
  }),
  kept: (draw, world) => ({
    ...{ door: doorOf(draw, world), on: draw.chance(50), rule: 'schedule:s-1', clock: draw.of(CLOCKS) },
    ...(draw.chance(10) ? { fault: 'pins_unreachable' } : {}),
  }),
  alarm: (draw, world) => {
    const [door, alarm] = [doorOf(draw, world), draw.of(ALARMS)];
    const on = draw.chance(70);
    if (on) world.alarms.push({ door, alarm });
    else takeOut(world.alarms, (one) => one.door === door && one.alarm === alarm);
    return { door, alarm, on, clock: draw.of(CLOCKS), ...(draw.chance(70) ? { event: world.fresh('e') } : {}) };
  },
  alert: (draw, world) => {
    const { member, badge } = draw.known(world.cards, { member: 'nobody', badge: 'b-0', views: [] });
    return {
      ...{ door: doorOf(draw, world), other: doorOf(draw, world), alert: 'implausible', member, badge },
      ...{ event: world.fresh('e'), clock: draw.of(CLOCKS) },
    };
  },
  'found.open': (draw, world) => ({ door: doorOf(draw, world), event: world.fresh('e'), clock: draw.of(CLOCKS) }),
};
