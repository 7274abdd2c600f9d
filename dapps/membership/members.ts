import { Fault } from '../sdk/fault.ts';
import { asObject, integer, isId, list, object, text, textOrNull } from '../sdk/fields.ts';
import type { Hours } from '../sdk/hours.ts';
import { parseHours } from '../sdk/hours.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import type { State } from '../sdk/state.ts';
import { GROUPS_MAX } from './caps.ts';
import { denialPrefix, memberKey } from './keys.ts';

/** A plan a member has, over [from, until) in ms since 1970 UTC; `until` null: with no end. */
export type GivenPlan = { readonly plan: string; readonly from: number; readonly until: number | null };

/** What makes a member a guest: who invited them, and when they may come. No hours: at any hour. */
export type Guest = {
  readonly host: string;
  readonly from: number;
  readonly until: number;
  readonly hours: readonly Hours[];
};

/** The record of a member. Everybody has the role `member`; `roles` holds those beyond it, sorted. */
export type Member = {
  readonly name: string;
  readonly since: number;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly family: string | null;
  /** In order without any plan. Never true beside plans: only `member.add` and `member.edit` make it true. */
  readonly permanent: boolean;
  /** One a plan, sorted by its id. */
  readonly plans: readonly GivenPlan[];
  readonly guest: Guest | null;
  readonly email: string | null;
};

const ROLES: readonly string[] = ['admin', 'trainer'];
export const MS_MAX = Number.MAX_SAFE_INTEGER;

/** The record under `member/…`. @throws Fault no_such_member where there is none. */
export async function memberOf(state: State, member: string): Promise<Member> {
  return asMember(await state.read(memberKey(member)), member);
}

/** A record that was read. @throws Fault no_such_member for null; bad_field for what is no record of a member. */
export function asMember(record: Json, member: string): Member {
  if (record === null) throw new Fault('no_such_member', `there is no member ${member}`);
  const from = asObject(record, `member ${member}`);
  return {
    name: text(from, 'name'),
    since: integer(from, 'since', 0, MS_MAX),
    groups: list(from, 'groups').map(String),
    roles: list(from, 'roles').map(String),
    family: textOrNull(from, 'family'),
    // A record from before there was this mark lets nobody in by it; `member.edit` can set it.
    permanent: from.permanent === true,
    plans: list(from, 'plans').map((plan) => asGivenPlan(asObject(plan, 'a plan'))),
    guest: from.guest === null ? null : asGuest(object(from, 'guest')),
    email: textOrNull(from, 'email'),
  };
}

function asGivenPlan(from: JsonObject): GivenPlan {
  return { plan: text(from, 'plan'), from: integer(from, 'from', 0, MS_MAX), until: parseEnd(from) };
}

function asGuest(from: JsonObject): Guest {
  return {
    host: text(from, 'host'),
    from: integer(from, 'from', 0, MS_MAX),
    until: integer(from, 'until', 0, MS_MAX),
    hours: parseHours(from),
  };
}

/** `until` of a range, null where it has no end. @throws Fault bad_field */
export function parseEnd(from: JsonObject): number | null {
  return (from.until ?? null) === null ? null : integer(from, 'until', 0, MS_MAX);
}

/** @throws Fault bad_dates for a range with nothing in it. */
export function checkRange(from: number, until: number | null): void {
  if (until !== null && until <= from) throw new Fault('bad_dates', 'it ends before it begins');
}

/** The field `groups`: at most 16 ids, sorted, each once. Absent: none. @throws Fault bad_id, bad_field */
export function parseGroups(body: JsonObject): readonly string[] {
  if (body.groups === undefined) return [];
  const groups = [...new Set(list(body, 'groups').map(String))].sort();
  const odd = groups.find((group) => !isId(group));
  if (odd !== undefined) throw new Fault('bad_id', 'a group is 1 to 64 of A-Z a-z 0-9 . _ -');
  if (groups.length > GROUPS_MAX) throw new Fault('bad_field', `a member is in at most ${GROUPS_MAX} groups`);
  return groups;
}

/** The field `roles`: `admin`, `trainer`, sorted. Absent: none beyond `member`. @throws Fault bad_field */
export function parseRoles(body: JsonObject): readonly string[] {
  if (body.roles === undefined) return [];
  const roles = [...new Set(list(body, 'roles').map(String))].sort();
  if (roles.some((role) => !ROLES.includes(role))) {
    throw new Fault('bad_field', `a role is one of ${ROLES.join(', ')}; everybody is a member besides`);
  }
  return roles;
}

/** @throws Fault is_guest: guests have dates instead of roles, plans, families and permanence. */
export function refuseGuest(record: Member, member: string): void {
  if (record.guest !== null) throw new Fault('is_guest', `${member} is a guest: dates and hours stand instead`);
}

/** Whether a suspension stands. */
export async function isSuspended(state: State, member: string): Promise<boolean> {
  return (await state.scan(denialPrefix(member), { limit: 1 })).rows.length > 0;
}
