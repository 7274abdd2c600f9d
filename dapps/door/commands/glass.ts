import type { Call, Outcome } from '../../sdk/contract.ts';
import { Fault } from '../../sdk/fault.ts';
import { asObject, id } from '../../sdk/fields.ts';
import { plainText } from '../../sdk/plain-text.ts';
import type { State } from '../../sdk/state.ts';
import { glassCardKey, glassKey } from '../keys.ts';
import { badgeKey, blockedKey, MEMBERSHIP } from '../membership.ts';
import { parseKeptViews } from '../views.ts';

const LABEL_POINTS_MAX = 64;

/**
 * Command `glass.add {card, label, views}`: a break-glass card. One that is somebody's badge would be in doubt at every
 * door. Codes: bad_id, bad_text, bad_view, card_exists, badge_taken, badge_lost.
 */
export async function addGlass({ body }: Call, state: State): Promise<Outcome> {
  const card = id(body, 'card');
  const label = plainText(body, 'label', LABEL_POINTS_MAX);
  const views = parseKeptViews(body);
  const [known, taken, held, blocked] = await Promise.all([
    state.read(glassCardKey(card)),
    Promise.all(views.map((view) => state.read(glassKey(view)))),
    Promise.all(views.map((view) => state.read(badgeKey(view), MEMBERSHIP))),
    Promise.all(views.map((view) => state.read(blockedKey(view), MEMBERSHIP))),
  ]);
  if (known !== null) throw new Fault('card_exists', `there is a break-glass card ${card} already`);
  const other = taken.find((value) => value !== null);
  if (other !== undefined) throw new Fault('badge_taken', `this is break-glass card ${String(other)} already`);
  if (held.some((value) => value !== null)) {
    throw new Fault('badge_taken', 'this card is enrolled for a member: take one that is nobody’s');
  }
  if (blocked.some((value) => value !== null)) throw new Fault('badge_lost', 'this card was marked lost');
  const plain = views.map(({ epoch, bits, hash }) => ({ epoch, bits, hash }));
  return {
    writes: [
      { key: glassCardKey(card), value: { label, views: plain } },
      ...views.map((view) => ({ key: glassKey(view), value: card })),
    ],
  };
}

/** Command `glass.remove {card}`; from then on nobody knows it. Code: no_such_card. */
export async function removeGlass({ body }: Call, state: State): Promise<Outcome> {
  const card = id(body, 'card');
  const record = await state.read(glassCardKey(card));
  if (record === null) throw new Fault('no_such_card', `there is no break-glass card ${card}`);
  const views = parseKeptViews(asObject(record, 'the card'));
  return { writes: [glassCardKey(card), ...views.map(glassKey)].map((key) => ({ key, value: null })) };
}
