import type { Call, Outcome } from '../sdk/contract.ts';
import { Fault } from '../sdk/fault.ts';
import { id, integer, text } from '../sdk/fields.ts';
import { parseHours } from '../sdk/hours.ts';
import type { State } from '../sdk/state.ts';
import { memberKey } from './keys.ts';
import type { Member } from './members.ts';
import { checkRange, MS_MAX, memberOf, refuseGuest } from './members.ts';
import { cleanName } from './names.ts';
import { newPerson, refuseTaken } from './new-person.ts';

/**
 * Command `guest.add {guest, name, host, from, until, hours}`: somebody whom a member invites for a while.
 * Codes: member_exists, member_gone, name_taken, no_such_member (the host), is_guest (the host), bad_dates,
 * bad_hours, bad_id, bad_name.
 */
export async function addGuest({ body, at }: Call, state: State): Promise<Outcome> {
  const [guest, host] = [id(body, 'guest'), id(body, 'host')];
  const [from, until] = [integer(body, 'from', 0, MS_MAX), integer(body, 'until', 0, MS_MAX)];
  checkRange(from, until);
  const record: Member = {
    name: cleanName(text(body, 'name')),
    since: at.ms,
    groups: [],
    roles: [],
    family: null,
    permanent: false,
    plans: [],
    guest: { host, from, until, hours: parseHours(body) },
    email: null,
  };
  await refuseTaken(state, guest, record.name);
  refuseGuest(await memberOf(state, host), host);
  return { writes: newPerson(guest, record) };
}

/** Command `guest.end {guest, until}`: moves the end, mostly to now. Codes: no_such_member, not_a_guest, bad_id. */
export async function endGuest({ body }: Call, state: State): Promise<Outcome> {
  const guest = id(body, 'guest');
  const until = integer(body, 'until', 0, MS_MAX);
  const record = await memberOf(state, guest);
  if (record.guest === null) throw new Fault('not_a_guest', `${guest} is a member and not a guest`);
  return { writes: [{ key: memberKey(guest), value: { ...record, guest: { ...record.guest, until } } }] };
}
