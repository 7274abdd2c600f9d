import type { Call, Outcome } from '../sdk/contract.ts';
import { Fault } from '../sdk/fault.ts';
import { boolean, id, text, textOrNull } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import type { Row, State } from '../sdk/state.ts';
import { asHeld, removal } from './held.ts';
import { familyKey, goneKey, headsPrefix, heldPrefix, kinKey, memberKey, nameKey, notePrefix } from './keys.ts';
import type { Member } from './members.ts';
import { asMember, isSuspended, memberOf, parseGroups, parseRoles, refuseGuest } from './members.ts';
import { cleanEmail, cleanName, foldName } from './names.ts';
import { newPerson, refuseTaken } from './new-person.ts';

/**
 * Command `member.add {member, name, groups?, roles?, family?, permanent?, email?}`: a permanent member, unless `family`
 * names one whose plans are to count, or `permanent` says otherwise.
 * Codes: member_exists, member_gone, name_taken, no_such_family, bad_id, bad_name, bad_email.
 */
export async function addMember({ body, at }: Call, state: State): Promise<Outcome> {
  const member = id(body, 'member');
  const family = familyField(body);
  const record: Member = {
    name: cleanName(text(body, 'name')),
    since: at.ms,
    groups: parseGroups(body),
    roles: parseRoles(body),
    family,
    permanent: permanentField(body) ?? family === null,
    plans: [],
    guest: null,
    email: cleanEmail(body),
  };
  const [, known] = await Promise.all([refuseTaken(state, member, record.name), readFamily(state, family)]);
  refuseNoFamily(family, known);
  return { writes: [...newPerson(member, record), ...kinRows(family, member, true)] };
}

/**
 * Command `member.edit {member, name?, groups?, roles?, family?, permanent?, email?}`: what is absent stays, null
 * empties. Naming a family ends permanence, unless the same body says `permanent: true`; leaving one gives none.
 * Codes: no_such_member, name_taken, no_such_family, has_plans (permanent), is_guest (roles, families, permanent), and
 * those of the fields.
 */
export async function editMember({ body }: Call, state: State): Promise<Outcome> {
  const member = id(body, 'member');
  const name = body.name === undefined ? null : cleanName(text(body, 'name'));
  const wanted = familyField(body);
  const [record, holder, family] = await Promise.all([
    state.read(memberKey(member)),
    name === null ? null : state.read(nameKey(foldName(name))),
    readFamily(state, wanted),
  ]);
  const before = asMember(record, member);
  if (holder !== null && holder !== member) {
    throw new Fault('name_taken', `the name ${name} belongs to member ${String(holder)}`);
  }
  refuseNoFamily(wanted, family);
  const after: Member = {
    ...before,
    name: name ?? before.name,
    groups: body.groups === undefined ? before.groups : parseGroups(body),
    roles: body.roles === undefined ? before.roles : parseRoles(body),
    family: body.family === undefined ? before.family : wanted,
    permanent: permanentField(body) ?? (before.permanent && wanted === null),
    email: body.email === undefined ? before.email : cleanEmail(body),
  };
  if (after.roles.length > 0 || after.family !== null || after.permanent) refuseGuest(before, member);
  refusePlans(after, member);
  const folded = [foldName(before.name), foldName(after.name)] as const;
  const renamed: readonly Row[] =
    folded[0] === folded[1]
      ? []
      : [
          { key: nameKey(folded[0]), value: null },
          { key: nameKey(folded[1]), value: member },
        ];
  const moved =
    before.family === after.family
      ? []
      : [...kinRows(before.family, member, null), ...kinRows(after.family, member, true)];
  return { writes: [{ key: memberKey(member), value: after }, ...renamed, ...moved] };
}

/**
 * Command `member.forget {member}`: removes every key about the member; only the id stays, so that nobody else gets
 * it. Lost cards stay blocked. A suspension has to be lifted first, for otherwise forgetting would be a way around it.
 * Codes: no_such_member, suspended, family_head.
 */
export async function forgetMember({ body }: Call, state: State): Promise<Outcome> {
  const member = id(body, 'member');
  const [record, suspended, heads, held, notes] = await Promise.all([
    memberOf(state, member),
    isSuspended(state, member),
    state.scan(headsPrefix(member), { limit: 1 }),
    state.scan(heldPrefix(member)),
    state.scan(notePrefix(member)),
  ]);
  if (suspended) throw new Fault('suspended', `${member} is suspended; lift that first, for forgetting lifts nothing`);
  const [headed] = heads.rows;
  if (headed !== undefined) {
    const family = headed.key.slice(headsPrefix(member).length);
    throw new Fault('family_head', `${member} heads the family ${family}; name another head or remove the family`);
  }
  // Forgetting half would be a promise broken in silence; the caps keep all of it within one page.
  if (held.more || notes.more) throw new Error(`more is kept about ${member} than the caps allow`);
  const badges = held.rows.flatMap(({ key, value }) =>
    removal(member, key.slice(heldPrefix(member).length), asHeld(value)),
  );
  return {
    writes: [
      { key: memberKey(member), value: null },
      { key: nameKey(foldName(record.name)), value: null },
      { key: goneKey(member), value: true },
      ...kinRows(record.family, member, null),
      ...badges,
      ...notes.rows.map(({ key }) => ({ key, value: null })),
    ],
  };
}

function familyField(body: JsonObject): string | null {
  return textOrNull(body, 'family') === null ? null : id(body, 'family');
}

function permanentField(body: JsonObject): boolean | null {
  return body.permanent === undefined ? null : boolean(body, 'permanent');
}

/** @throws Fault has_plans: with both, nobody could say what the end of the last plan means. */
function refusePlans({ permanent, plans }: Member, member: string): void {
  if (!permanent || plans.length === 0) return;
  const held = plans.map(({ plan }) => plan).join(', ');
  throw new Fault('has_plans', `${member} has plans (${held}) and is permanent only without any; take them first`);
}

function readFamily(state: State, family: string | null): Promise<Json> | null {
  return family === null ? null : state.read(familyKey(family));
}

function refuseNoFamily(family: string | null, record: Json): void {
  if (family !== null && record === null) throw new Fault('no_such_family', `there is no family ${family}`);
}

function kinRows(family: string | null, member: string, value: true | null): readonly Row[] {
  return family === null ? [] : [{ key: kinKey(family, member), value }];
}
