import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { familyOfWidths } from '../../devices/credential.ts';
import { parseCredential } from '../../devices/credential-text.ts';
import { idText, parseIdText } from '../../format/ids.ts';
import { hashedViews } from '../hashed-views.ts';
import type { Space } from '../space.ts';
import { type CardViews, enrolCard, refuseKnown } from './enrol-card.ts';
import type { OperationContext, Operations } from './operation.ts';
import { textOf } from './params.ts';
import { badgeNamed, MEMBERSHIP, order, personNamed } from './people.ts';
import { pinViews } from './pin.ts';

export const BADGE_OPERATIONS: Operations = Object.freeze({
  'badge.enrol': enrolNumber,
  'badge.enrol-last': enrolLast,
  'badge.lost': loseBadge,
  'badge.found': findBadge,
  'badge.remove': removeBadge,
  'badge.pin': setPin,
  'glass.add': addGlass,
  'glass.list': ({ space }, params) => space.query('door', 'glass', params),
  'glass.remove': ({ space }, params) => removeGlass(space, textOf(params, 'card')),
});

/** `{member, number, label?}`. The number as printed goes no further than this function: the ledger gets hashes. */
async function enrolNumber({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  return await enrolCard(space, randomness, params, cardOf(space, textOf(params, 'number')));
}

function cardOf(space: Space, number: string): CardViews {
  const credential = parseCredential(number);
  return { family: credential.family, views: hashedViews(credential, space.badgeKeys) };
}

/** `{member, door, label?}`: the card that this door denied last, because nobody knew it. @throws no_unknown_card. */
async function enrolLast({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const name = textOf(params, 'door');
  const door = await space.query('door', 'door', { door: name });
  const last = isJsonObject(door) && isJsonObject(door.last) ? door.last : {};
  const views = Array.isArray(last.views) ? last.views : [];
  if (last.result !== 'denied' || last.code !== 'unknown_badge' || views.length === 0) {
    throw new CodedError('no_unknown_card', `the last card at ${name} was not an unknown one`, {
      fields: { door: name, result: typeof last.result === 'string' ? last.result : null },
      advice: 'Hold the new card to that reader once, then try again; or use --next.',
    });
  }
  const known = views as unknown as CardViews['views'];
  const card = { family: familyOfWidths(known.map(({ bits }) => bits)), views: known };
  return await enrolCard(space, randomness, params, card);
}

/** `{member, badge?}`; so are the ones that follow. */
async function loseBadge({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const person = await personNamed(space, textOf(params, 'member'));
  const badges = person.badges.filter(({ lost }) => lost === null);
  const { badge, label } = badgeNamed(person, badges, badgeParam(params));
  const { member, name } = person;
  return await order(space, 'badge.lost', { member, badge }, { member, name, badge, label });
}

async function findBadge({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const person = await personNamed(space, textOf(params, 'member'));
  const { member, name } = person;
  const held = person.badges.flatMap(({ badge, label, lost }) => (lost === null ? [] : [{ badge, label, lost }]));
  const removed = person.lostCards.map(({ badge, ...lost }) => ({ badge, lost }));
  const { badge, lost } = badgeNamed<(typeof removed)[0] & { label?: string }>(
    person,
    [...held, ...removed],
    badgeParam(params),
  );
  const re = { block: parseIdText(lost.block), index: lost.index };
  const { block } = await space.command(MEMBERSHIP, 'badge.found', { member, badge }, re);
  const isHeld = held.some((one) => one.badge === badge);
  return { member, name, badge, isHeld, block: idText(block) };
}

async function removeBadge({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const person = await personNamed(space, textOf(params, 'member'));
  const { badge, label, lost } = badgeNamed(person, person.badges, badgeParam(params));
  const { member, name } = person;
  const result = { member, name, badge, label, isLost: lost !== null };
  return await order(space, 'badge.remove', { member, badge }, result);
}

/** `{member, badge?, pin}`: 4 to 12 digits, or null for none. It goes no further than this function. */
async function setPin({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const person = await personNamed(space, textOf(params, 'member'));
  const { badge, label } = badgeNamed(person, person.badges, badgeParam(params));
  const { member, name } = person;
  const pins = params.pin === null ? null : pinViews(space, member, badge, textOf(params, 'pin'));
  return await order(space, 'pin.set', { member, badge, pins }, { member, name, badge, label, pin: pins !== null });
}

function badgeParam(params: JsonObject): string | undefined {
  return params.badge === undefined ? undefined : textOf(params, 'badge');
}

/** `{number, label, card}`: a card that opens whatever the clock, the plans and the hours say. */
async function addGlass({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const [newest] = space.badgeKeys;
  const known = cardOf(space, textOf(params, 'number'));
  await refuseKnown(space, null, known);
  const views = known.views.filter(({ epoch }) => epoch === newest?.epoch);
  const [card, label] = [textOf(params, 'card'), textOf(params, 'label')];
  const { block } = await space.command('door', 'glass.add', {
    card,
    label,
    views: views.map((view) => ({ ...view })),
  });
  return { card, label, bits: views.map(({ bits }) => bits), block: idText(block) };
}

async function removeGlass(space: Space, card: string): Promise<Json> {
  const { block } = await space.command('door', 'glass.remove', { card });
  return { card, block: idText(block) };
}
