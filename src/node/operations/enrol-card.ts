import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Randomness } from '../../base/ports.ts';
import type { HashedView } from '../hashed-views.ts';
import type { Space } from '../space.ts';
import { textOf } from './params.ts';
import { MEMBERSHIP, newId, order, personNamed } from './people.ts';

/** A card as a reader or a typed number gives it, hashed under every badge key of the ring, newest first. */
export interface CardViews {
  readonly family: string;
  readonly views: readonly HashedView[];
}

/**
 * Gives a card to a member: `{member, label?}` of `params`, the badge under the newest key. A card that was enrolled
 * or lost under an older key is known by it and refused, for the contract sees only the views it is given.
 * @throws badge_lost, badge_taken, and what `badge.enrol` refuses with.
 */
export async function enrolCard(
  space: Space,
  randomness: Randomness,
  params: JsonObject,
  card: CardViews,
): Promise<Json> {
  const { member, name } = await personNamed(space, textOf(params, 'member'));
  await refuseKnown(space, member, card);
  const newest = card.views[0]?.epoch;
  const views = card.views
    .filter(({ epoch }) => epoch === newest)
    .map(({ epoch, bits, hash }) => ({ epoch, bits, hash }));
  const badge = newId('b', randomness);
  const label = params.label === undefined ? 'card' : textOf(params, 'label');
  const body = { member, badge, family: card.family, label, views };
  return await order(space, 'badge.enrol', body, { member, name, badge, label, bits: views.map(({ bits }) => bits) });
}

/**
 * Refuses a card that somebody has, that was lost, or that is a break-glass card, under any badge key. @param member
 * who wants it; null: nobody, for it is to be a break-glass card.
 * @throws badge_lost, badge_taken.
 */
export async function refuseKnown(space: Space, member: string | null, { views }: CardViews): Promise<void> {
  const plain = views.map(({ epoch, bits, hash }) => ({ epoch, bits, hash }));
  const glass = glassCardOf(space, views);
  if (glass !== null) {
    throw new CodedError('badge_taken', `this card is the break-glass card ${glass}`, {
      advice: 'A card that is both would be in doubt and open nothing. Take another one, or remove that one first.',
    });
  }
  const answer = (await space.query(MEMBERSHIP, 'holder', { views: plain })) as JsonObject;
  const holders = (answer.holders as readonly Json[]).filter(isJsonObject);
  if (answer.blocked === true || holders.some(({ lost }) => lost === true)) {
    throw new CodedError('badge_lost', 'this card was marked lost', {
      advice: 'If it has turned up, say so with `blockmesh badge found` before it is used again.',
    });
  }
  const [holder] = holders;
  if (holder === undefined) return;
  const whose = holder.member === member ? 'them' : String(holder.name);
  throw new CodedError('badge_taken', `this card is enrolled already, for ${whose} as ${holder.badge}`, {
    fields: { member: String(holder.member), badge: String(holder.badge) },
    advice: 'Take it from them with `blockmesh badge remove` first.',
  });
}

/** Which break-glass card this is, or null. Dapp membership does not see those of dapp door. */
export function glassCardOf(space: Space, views: CardViews['views']): string | null {
  for (const { epoch, bits, hash } of views) {
    const card = space.state.read('door', `glass/${epoch}/${bits}/${hash}`);
    if (card !== null) return String(card);
  }
  return null;
}
