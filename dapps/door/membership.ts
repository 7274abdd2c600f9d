import { asObject, integer, list, text, textOrNull } from '../sdk/fields.ts';
import type { Hours } from '../sdk/hours.ts';
import { parseHours } from '../sdk/hours.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import { parseViewList, type View } from './views.ts';

/** What dapp membership keeps, as far as a door looks at it. Records of its version 0.1.0 lack the optional parts. */
export const MEMBERSHIP = 'membership';

export const memberKey = (member: string): string => `member/${member}`;
export const badgeKey = ({ epoch, bits, hash }: View): string => `badge/${epoch}/${bits}/${hash}`;
/** Views of cards that were lost and then taken from their member. */
export const blockedKey = ({ epoch, bits, hash }: View): string => `blocked/${epoch}/${bits}/${hash}`;
export const heldPrefix = (member: string): string => `held/${member}/`;
export const heldKey = (member: string, badge: string): string => `${heldPrefix(member)}${badge}`;
export const suspendedPrefix = (member: string): string => `denial/${member}/`;
export const planKey = (plan: string): string => `plan/${plan}`;
export const familyKey = (family: string): string => `family/${family}`;

/** Whose card a view is. */
export interface Holder {
  readonly member: string;
  readonly badge: string;
}

/** A plan that somebody has, in ms since 1970; `until` is not included, null has no end. */
export interface GivenPlan {
  readonly plan: string;
  readonly from: number;
  readonly until: number | null;
}

export interface Guest {
  readonly from: number;
  readonly until: number;
  /** On the space's clock; none: at any hour. */
  readonly hours: readonly Hours[];
}

export interface Member {
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly family: string | null;
  /** In order without any plan; a mark of its own, so that the end of the last plan is never one. */
  readonly permanent: boolean;
  readonly plans: readonly GivenPlan[];
  readonly guest: Guest | null;
}

export interface Plan {
  readonly graceDays: number;
  /** Whether it covers the families whose head has it. */
  readonly family: boolean;
}

/** A badge of a member. `lost` names the entry that said so, `<block>.<index>`. */
export interface Held {
  readonly views: readonly View[];
  readonly pin: readonly View[] | null;
  readonly lost: string | null;
}

const MS_MAX = Number.MAX_SAFE_INTEGER;

export function parseHolder(record: Json): Holder | null {
  if (record === null) return null;
  const holder = asObject(record, 'a badge record');
  return { member: text(holder, 'member'), badge: text(holder, 'badge') };
}

export function parseMember(record: Json): Member | null {
  if (record === null) return null;
  const from = asObject(record, 'a member');
  return {
    groups: texts(from, 'groups'),
    roles: texts(from, 'roles'),
    family: textOrNull(from, 'family'),
    permanent: from.permanent === true,
    plans: from.plans === undefined ? [] : list(from, 'plans').map(parseGivenPlan),
    guest: parseGuest(from.guest ?? null),
  };
}

export function parsePlan(record: Json): Plan {
  // A plan that is gone gives no grace and covers nobody else.
  if (record === null) return { graceDays: 0, family: false };
  const from = asObject(record, 'a plan');
  return { graceDays: integer(from, 'graceDays', 0, MS_MAX), family: from.family === true };
}

/** Who leads a family, or null when there is none. */
export function parseHead(record: Json): string | null {
  return record === null ? null : text(asObject(record, 'a family'), 'head');
}

export function parseHeld(record: Json): Held | null {
  if (record === null) return null;
  const from = asObject(record, 'a badge');
  const { lost = null, pin = null } = from;
  return {
    views: parseViewList(from, 'views'),
    pin: pin === null ? null : parseViewList(from, 'pin'),
    lost: lost === null ? null : nameOfEntry(asObject(lost, 'lost')),
  };
}

function nameOfEntry(from: JsonObject): string {
  return `${text(from, 'block')}.${integer(from, 'index', 0, MS_MAX)}`;
}

function parseGivenPlan(value: Json): GivenPlan {
  const from = asObject(value, 'a plan of a member');
  const { until = null } = from;
  return {
    plan: text(from, 'plan'),
    from: integer(from, 'from', 0, MS_MAX),
    until: until === null ? null : integer(from, 'until', 0, MS_MAX),
  };
}

function parseGuest(value: Json): Guest | null {
  if (value === null) return null;
  const from = asObject(value, 'guest');
  return { from: integer(from, 'from', 0, MS_MAX), until: integer(from, 'until', 0, MS_MAX), hours: parseHours(from) };
}

function texts(from: JsonObject, name: string): readonly string[] {
  return from[name] === undefined ? [] : list(from, name).map(String);
}
