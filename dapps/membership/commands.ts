import type { Call, Outcome } from '../sdk/contract.ts';
import { Fault } from '../sdk/fault.ts';
import { asObject, id, text } from '../sdk/fields.ts';
import type { State } from '../sdk/state.ts';
import { cleanName, foldName } from './names.ts';
import { badgeKey, heldKey, memberKey, nameKey, parseViews } from './records.ts';

/** Command `member.add {member, name}`. Codes: bad_id, bad_name, member_exists, name_taken. */
export async function addMember({ body, at }: Call, state: State): Promise<Outcome> {
  const member = id(body, 'member');
  const name = cleanName(text(body, 'name'));
  const folded = foldName(name);
  const [known, holder] = await Promise.all([state.read(memberKey(member)), state.read(nameKey(folded))]);
  if (known !== null) throw new Fault('member_exists', `there is a member ${member} already`);
  if (holder !== null) throw new Fault('name_taken', `the name ${name} belongs to member ${String(holder)}`);
  return {
    writes: [
      { key: memberKey(member), value: { name, since: at.ms } },
      { key: nameKey(folded), value: member },
    ],
  };
}

/**
 * Command `badge.enrol {member, badge, family, label, views}`. Every view becomes a key, so that any reader finds the
 * member whichever part of the card it sees. Codes: bad_id, bad_name (the label), bad_view, no_such_member,
 * badge_exists, badge_taken.
 */
export async function enrolBadge({ body }: Call, state: State): Promise<Outcome> {
  const member = id(body, 'member');
  const badge = id(body, 'badge');
  const views = parseViews(body);
  const [known, held, ...holders] = await Promise.all([
    state.read(memberKey(member)),
    state.read(heldKey(member, badge)),
    ...views.map((view) => state.read(badgeKey(view))),
  ]);
  if (known === null) throw new Fault('no_such_member', `there is no member ${member}`);
  if (held !== null) throw new Fault('badge_exists', `member ${member} has a badge ${badge} already`);
  for (const holder of holders) {
    if (holder === undefined || holder === null) continue;
    const owner = asObject(holder, 'a badge record');
    const whose = text(owner, 'member') === member ? `as badge ${text(owner, 'badge')}` : 'for another member';
    throw new Fault('badge_taken', `this card is enrolled already, ${whose}`);
  }
  const record = {
    label: cleanName(text(body, 'label')),
    family: id(body, 'family'),
    views: views.map(({ epoch, bits, hash }) => ({ epoch, bits, hash })),
  };
  return {
    writes: [
      { key: heldKey(member, badge), value: record },
      ...views.map((view) => ({ key: badgeKey(view), value: { member, badge } })),
    ],
  };
}
