import { Fault } from '../sdk/fault.ts';
import { asObject, id, integer, object, text } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import { moment } from '../sdk/moment.ts';
import type { Row, State } from '../sdk/state.ts';
import { each } from './each.ts';
import { asHeld, asLoss } from './held.ts';
import { denialPrefix, familyKey, heldPrefix, lostPrefix, memberKey, nameKey, planKey } from './keys.ts';
import type { Member } from './members.ts';
import { asMember, memberOf } from './members.ts';
import { cleanName, foldName } from './names.ts';
import { type CountedPlan, type Cover, standingOf } from './standing.ts';

/**
 * Query `member {member}` or `member {name}`, with `at {ms, quality}` where the standing is wanted: the record with
 * `member`, and `badges [{badge, label, family, bits, pin, lost}]`, `denials [{block, index, reason, since}]`,
 * `standing` (null without `at`), `lostCards [{badge, block, index, since}]`, those removed since. Hashes stay
 * inside: whoever sees one could match it against badges read elsewhere. Codes: no_such_member, bad_name, bad_id.
 */
export async function findMember(params: JsonObject, state: State): Promise<Json> {
  const member = params.member === undefined ? await memberNamed(params, state) : id(params, 'member');
  const [held, lost, denied] = [heldPrefix(member), lostPrefix(member), denialPrefix(member)];
  const [known, badges, lostCards, denials] = await Promise.all([
    state.read(memberKey(member)),
    state.scan(held),
    state.scan(lost),
    state.scan(denied),
  ]);
  const record = asMember(known, member);
  const at = params.at === undefined ? null : moment(object(params, 'at'));
  return {
    member,
    ...record,
    badges: badges.rows.map((row) => describeBadge(row, held)),
    lostCards: lostCards.rows.map(({ key, value }) => ({
      badge: key.slice(lost.length),
      ...asLoss(asObject(value, key)),
    })),
    denials: denials.rows.map((row) => describeDenial(row, denied)),
    standing: at === null ? null : standingOf(record, await coverOf(record, state), denials.rows.length > 0, at),
  };
}

async function memberNamed(params: JsonObject, state: State): Promise<string> {
  const name = cleanName(text(params, 'name'));
  const member = await state.read(nameKey(foldName(name)));
  if (member === null) throw new Fault('no_such_member', `there is no member named ${name}`);
  return String(member);
}

/** What the member has, and what the head of their family has that covers families. */
async function coverOf(record: Member, state: State): Promise<Cover> {
  const own = await withTerms(record, state);
  if (record.family === null) return { permanent: record.permanent, plans: own.map(({ plan }) => plan) };
  const family = asObject(await state.read(familyKey(record.family)), 'the family');
  const head = await memberOf(state, text(family, 'head'));
  const ofHead = await withTerms(head, state);
  return {
    permanent: record.permanent || head.permanent,
    plans: [...own, ...ofHead.filter((one) => one.family)].map(({ plan }) => plan),
  };
}

async function withTerms(
  { plans }: Member,
  state: State,
): Promise<readonly { readonly plan: CountedPlan; readonly family: boolean }[]> {
  return each(plans, async (given) => {
    const terms = asObject(await state.read(planKey(given.plan)), `plan ${given.plan}`);
    return { plan: { ...given, graceDays: integer(terms, 'graceDays', 0, 366) }, family: terms.family === true };
  });
}

function describeBadge({ key, value }: Row, prefix: string): Json {
  const { label, family, views, pin, lost } = asHeld(value);
  return {
    badge: key.slice(prefix.length),
    label,
    family,
    bits: views.map(({ bits }) => bits),
    pin: pin !== null,
    lost,
  };
}

function describeDenial({ key, value }: Row, prefix: string): Json {
  const [block = '', index = ''] = key.slice(prefix.length).split('.');
  return { block, index: Number(index), ...asObject(value, key) };
}
