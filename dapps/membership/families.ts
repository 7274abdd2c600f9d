import type { Call, Outcome } from '../sdk/contract.ts';
import { Fault } from '../sdk/fault.ts';
import { asObject, id, text } from '../sdk/fields.ts';
import type { Row, State } from '../sdk/state.ts';
import { familyKey, headsKey, kinPrefix, memberKey } from './keys.ts';
import { asMember, refuseGuest } from './members.ts';
import { cleanName } from './names.ts';

/**
 * Command `family.set {family, title, head}`: makes or changes a family. Plans of the head that cover families count
 * for everybody in it, and so does that the head is a permanent member; who is in it, `member.edit` says. Codes: no_such_member, is_guest, bad_id, bad_name.
 */
export async function setFamily({ body }: Call, state: State): Promise<Outcome> {
  const [family, head] = [id(body, 'family'), id(body, 'head')];
  const title = cleanName(text(body, 'title'));
  const [record, before] = await Promise.all([state.read(memberKey(head)), state.read(familyKey(family))]);
  refuseGuest(asMember(record, head), head);
  const headBefore = before === null ? null : text(asObject(before, 'a family'), 'head');
  const left: readonly Row[] =
    headBefore === null || headBefore === head ? [] : [{ key: headsKey(headBefore, family), value: null }];
  return {
    writes: [{ key: familyKey(family), value: { title, head } }, { key: headsKey(head, family), value: true }, ...left],
  };
}

/** Command `family.remove {family}`. Codes: no_such_family, family_used (somebody is in it), bad_id. */
export async function removeFamily({ body }: Call, state: State): Promise<Outcome> {
  const family = id(body, 'family');
  const [record, kin] = await Promise.all([state.read(familyKey(family)), state.scan(kinPrefix(family), { limit: 1 })]);
  if (record === null) throw new Fault('no_such_family', `there is no family ${family}`);
  const [one] = kin.rows;
  if (one !== undefined) {
    throw new Fault('family_used', `${one.key.slice(kinPrefix(family).length)} is in the family ${family}`);
  }
  const head = text(asObject(record, 'a family'), 'head');
  return {
    writes: [
      { key: familyKey(family), value: null },
      { key: headsKey(head, family), value: null },
    ],
  };
}
