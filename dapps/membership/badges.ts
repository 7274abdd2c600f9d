import type { Call, Outcome } from '../sdk/contract.ts';
import { Fault } from '../sdk/fault.ts';
import { asObject, id, list, text } from '../sdk/fields.ts';
import type { Json } from '../sdk/json.ts';
import type { State } from '../sdk/state.ts';
import { BADGES_MAX } from './caps.ts';
import { refOf, refuseOtherLift } from './denials.ts';
import type { Held } from './held.ts';
import { asHeld, asLoss, parseCard, parsePins, parseViews, removal } from './held.ts';
import { badgeKey, blockedKey, heldKey, heldPrefix, lostKey, memberKey } from './keys.ts';
import { asMember, isSuspended } from './members.ts';
import { cleanName } from './names.ts';

/**
 * Command `badge.enrol {member, badge, family, label, views}`. Every view becomes a key, so that any reader finds the
 * member whichever part of the card it sees. Codes: no_such_member, badge_exists, too_many_badges, badge_lost,
 * badge_taken, bad_id, bad_name (the label), bad_view.
 */
export async function enrolBadge({ body }: Call, state: State): Promise<Outcome> {
  const member = id(body, 'member');
  const badge = id(body, 'badge');
  const views = parseCard(body);
  const record: Held = {
    label: cleanName(text(body, 'label')),
    family: id(body, 'family'),
    views,
    pin: null,
    lost: null,
  };
  const [known, all, before, blocked, holders] = await Promise.all([
    state.read(memberKey(member)),
    state.scan(heldPrefix(member)),
    state.read(lostKey(member, badge)),
    Promise.all(views.map((view) => state.read(blockedKey(view)))),
    Promise.all(views.map((view) => state.read(badgeKey(view)))),
  ]);
  asMember(known, member);
  if (before !== null || all.rows.some(({ key }) => key === heldKey(member, badge))) {
    throw new Fault('badge_exists', `member ${member} has or had a badge ${badge} already`);
  }
  if (all.rows.length >= BADGES_MAX) {
    throw new Fault('too_many_badges', `member ${member} has ${BADGES_MAX} badges; remove one first`);
  }
  if (blocked.some((one) => one !== null)) throw lostCard();
  const owner = holders.find((holder) => holder !== null);
  if (owner !== undefined) throw await whyTaken(state, owner, member);
  return {
    writes: [
      { key: heldKey(member, badge), value: record },
      ...views.map((view) => ({ key: badgeKey(view), value: { member, badge } })),
    ],
  };
}

function lostCard(): Fault {
  return new Fault('badge_lost', 'this card was marked lost; say that it was found before it is used again');
}

async function whyTaken(state: State, owner: Json, member: string): Promise<Fault> {
  const record = asObject(owner, 'a badge record');
  const [whose, badge] = [text(record, 'member'), text(record, 'badge')];
  const held = await state.read(heldKey(whose, badge));
  if (held !== null && asHeld(held).lost !== null) return lostCard();
  return new Fault(
    'badge_taken',
    `this card is enrolled already, ${whose === member ? `as badge ${badge}` : 'for another member'}`,
  );
}

async function heldBadge(state: State, member: string, badge: string): Promise<Held> {
  const record = await state.read(heldKey(member, badge));
  if (record === null) throw new Fault('no_such_badge', `member ${member} has no badge ${badge}`);
  return asHeld(record);
}

/**
 * Command `badge.lost {member, badge}`, a denial: the card opens nothing until a `badge.found` names this entry.
 * Codes: no_such_badge, already_lost, bad_id.
 */
export async function loseBadge({ body, block, index, at }: Call, state: State): Promise<Outcome> {
  const [member, badge] = [id(body, 'member'), id(body, 'badge')];
  const held = await heldBadge(state, member, badge);
  if (held.lost !== null) throw new Fault('already_lost', `badge ${badge} of ${member} is marked lost already`);
  const lost = { block, index, since: at.ms };
  return { writes: [{ key: heldKey(member, badge), value: { ...held, lost } }] };
}

/**
 * Command `badge.found {member, badge}`, which lifts the `badge.lost` that its `re` names. A badge still held works
 * again; the card of one that was removed meanwhile may be enrolled again. Codes: no_such_badge, no_such_denial.
 */
export async function findBadge(call: Call, state: State): Promise<Outcome> {
  const [member, badge] = [id(call.body, 'member'), id(call.body, 'badge')];
  const [record, removed] = await Promise.all([state.read(heldKey(member, badge)), state.read(lostKey(member, badge))]);
  if (record === null && removed === null) {
    throw new Fault('no_such_badge', `member ${member} has no badge ${badge}, and lost none`);
  }
  const ref = refOf(call);
  if (record !== null) {
    const held = asHeld(record);
    refuseOtherLift(ref, held.lost);
    return { writes: [{ key: heldKey(member, badge), value: { ...held, lost: null } }] };
  }
  const lost = asObject(removed, 'a lost card');
  refuseOtherLift(ref, asLoss(lost));
  const views = parseViews(lost, 'views', list(lost, 'views').length);
  return {
    writes: [
      { key: lostKey(member, badge), value: null },
      ...views.map((view) => ({ key: blockedKey(view), value: null })),
    ],
  };
}

/**
 * Command `badge.remove {member, badge}`: the card is nobody's. A lost one stays blocked. From a suspended member no
 * card is taken, or it could open the door under a new name: mark it lost instead. Codes: no_such_badge, suspended.
 */
export async function removeBadge({ body }: Call, state: State): Promise<Outcome> {
  const [member, badge] = [id(body, 'member'), id(body, 'badge')];
  const [held, suspended] = await Promise.all([heldBadge(state, member, badge), isSuspended(state, member)]);
  if (suspended && held.lost === null) {
    throw new Fault('suspended', `${member} is suspended and keeps this badge; mark it lost, or lift that first`);
  }
  return { writes: removal(member, badge, held) };
}

/** Command `pin.set {member, badge, pins}`: sets or (null) takes away its PIN. Codes: no_such_badge, bad_pin, bad_view. */
export async function setPin({ body }: Call, state: State): Promise<Outcome> {
  const [member, badge] = [id(body, 'member'), id(body, 'badge')];
  const held = await heldBadge(state, member, badge);
  return { writes: [{ key: heldKey(member, badge), value: { ...held, pin: parsePins(body, held.views) } }] };
}
