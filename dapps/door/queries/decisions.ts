import { Fault } from '../../sdk/fault.ts';
import { id, object } from '../../sdk/fields.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import { moment } from '../../sdk/moment.ts';
import type { State } from '../../sdk/state.ts';
import { type Decision, decide } from '../decision/decide.ts';
import { inOrder } from '../decision/denial.ts';
import type { Card, Evidence, Person } from '../decision/evidence.ts';
import { ANYONE } from '../decision/evidence.ts';
import { blockedUntil } from '../decision/pin.ts';
import { type CardAt, gatherAtDoor, gatherForCard } from '../gather.ts';
import { type Held, heldPrefix, MEMBERSHIP } from '../membership.ts';
import { readPerson } from '../person.ts';
import { parseViewList, type View } from '../views.ts';

/**
 * Query `decide {door, views, pin?, at}`: what the agent would decide for this card at that moment, as `{granted, rule,
 * denials: [{code, rule}], code?, member?, badge?, card?}`. Opens nothing, and knows nothing of who waits for a second
 * person. Code: no_such_door.
 */
export async function answerDecide(params: JsonObject, state: State): Promise<Json> {
  const door = id(params, 'door');
  const shown = {
    views: parseViewList(params, 'views'),
    pin: (params.pin ?? null) === null ? null : parseViewList(params, 'pin'),
  };
  const evidence = await gatherAtDoor(state, door, shown, moment(object(params, 'at')));
  if (evidence.found === null) throw noSuchDoor(door);
  return told(decide(evidence));
}

/**
 * Query `why {door, member, badge?, at}`: whether this member would be let in, as `decide`, with a right PIN and
 * somebody else beside, and `needs` that names what of the two the door asks for (`pin`, `second_person`);
 * `blockedUntil` is the end of a block of the PIN. Without `badge`, the badge that does best; a member who has none is
 * told as `unknown_badge` with `badge` null. Codes: no_such_door.
 */
export async function answerWhy(params: JsonObject, state: State): Promise<Json> {
  const door = id(params, 'door');
  const member = id(params, 'member');
  const at = moment(object(params, 'at'));
  const asked = (params.badge ?? null) === null ? null : id(params, 'badge');
  const badges = asked === null ? await badgesOf(state, member) : [asked];
  const cards = badges.length === 0 ? [null] : badges;
  const tried = await Promise.all(
    cards.map(async (badge) => gatherForCard(state, door, cardOf(state, member, badge), at)),
  );
  const answers = tried.map((evidence) => ({ evidence, decision: decide({ ...evidence, waiting: ANYONE }) }));
  const [first] = answers;
  if (first === undefined || first.evidence.found === null) throw noSuchDoor(door);
  const best = answers.reduce((a, b) => (b.decision.denials.length < a.decision.denials.length ? b : a), first);
  return { ...told(withoutCard(best)), member, badge: best.decision.badge, ...needs(best.evidence) };
}

/** Says of a member whose badge the door cannot recognise what else stands in the way, and that first of all. */
function withoutCard({ evidence: { card }, decision }: { evidence: Evidence; decision: Decision }): Decision {
  if (card.type !== 'member' || card.view !== NO_VIEW || card.person.record === null) return decision;
  const denials = inOrder([{ code: 'unknown_badge', rule: 'badge' }, ...decision.denials]);
  return { ...decision, granted: false, rule: 'badge', denials };
}

function noSuchDoor(door: string): Fault {
  return new Fault('no_such_door', `there is no door ${door}`);
}

/** As many as one scan gives; a member has few. */
async function badgesOf(state: State, member: string): Promise<readonly string[]> {
  const prefix = heldPrefix(member);
  const { rows } = await state.scan(prefix, { dapp: MEMBERSHIP });
  return rows.map(({ key }) => key.slice(prefix.length));
}

async function cardOf(state: State, member: string, badge: string | null): Promise<CardAt> {
  const person = await readPerson(state, { member, badge });
  return (bits) => cardAt(person, bits);
}

const NO_VIEW: View = { epoch: '', bits: 0, hash: '' };
const NO_BADGE: Held = { views: [], pin: null, lost: null };

/** The card as the door would see it by its widest view. */
function cardAt(person: Person, bits: number): Card {
  const held = person.held ?? NO_BADGE;
  const views = held.views.filter((view) => view.bits >= bits);
  const view = views.reduce((best, one) => (one.bits > best.bits ? one : best), NO_VIEW);
  return { type: 'member', person: { ...person, held }, view };
}

function needs({ found, tries, at }: Evidence): JsonObject {
  const { pin = false, twoMs = 0 } = found?.door ?? {};
  const until = pin ? blockedUntil(tries) : null;
  return {
    needs: [...(pin ? ['pin'] : []), ...(twoMs > 0 ? ['second_person'] : [])],
    blockedUntil: until !== null && at.ms < until ? until : null,
  };
}

/** A decision as JSON; what is not known is left out. */
function told({ granted, rule, denials, member, badge, card, second }: Decision): JsonObject {
  const [first] = denials;
  return {
    granted,
    rule,
    denials: denials.map((denial) => ({ code: denial.code, rule: denial.rule })),
    ...(first === undefined ? {} : { code: first.code }),
    ...(member === null ? {} : { member }),
    ...(badge === null ? {} : { badge }),
    ...(card === null ? {} : { card }),
    ...(second === null ? {} : { second }),
  };
}
