import { asObject, text } from '../sdk/fields.ts';
import type { State } from '../sdk/state.ts';
import type { Card, Person } from './decision/evidence.ts';
import { glassCardKey, glassKey } from './keys.ts';
import { badgeKey, type Holder, MEMBERSHIP, parseHolder } from './membership.ts';
import { distinctHolders, readPerson } from './person.ts';
import type { View } from './views.ts';

/** A view of the presented card that somebody has enrolled, or that belongs to a break-glass card. */
interface Hit {
  readonly view: View;
  readonly holder: Holder | null;
  readonly glass: string | null;
}

/** Everybody to whom some view of the card leads. Which views count, only the door says: see `identify`. */
export interface Candidates {
  readonly hits: readonly Hit[];
  readonly persons: readonly Person[];
  /** Label of each break-glass card. */
  readonly labels: ReadonlyMap<string, string>;
}

export async function readCandidates(state: State, views: readonly View[]): Promise<Candidates> {
  const found = await Promise.all(
    views.map(async (view): Promise<Hit> => {
      const [holder, glass] = await Promise.all([state.read(badgeKey(view), MEMBERSHIP), state.read(glassKey(view))]);
      return { view, holder: parseHolder(holder), glass: glass === null ? null : text({ glass }, 'glass') };
    }),
  );
  const hits = found.filter(({ holder, glass }) => holder !== null || glass !== null);
  const holders = distinctHolders(hits.flatMap(({ holder }) => (holder === null ? [] : [holder])));
  const cards = [...new Set(hits.flatMap(({ glass }) => (glass === null ? [] : [glass])))];
  const [persons, labels] = await Promise.all([
    Promise.all(holders.map((holder) => readPerson(state, holder))),
    Promise.all(cards.map(async (card) => [card, await readLabel(state, card)] as const)),
  ]);
  return { hits, persons, labels: new Map(labels.flatMap(([card, label]) => (label === null ? [] : [[card, label]]))) };
}

async function readLabel(state: State, card: string): Promise<string | null> {
  const record = await state.read(glassCardKey(card));
  return record === null ? null : text(asObject(record, 'a break-glass card'), 'label');
}

/**
 * What the card is to a door that takes views of at least `bits`. The widest view says most about a card; of two as
 * wide, the one under the newer badge key comes first. Two cards can share their low bits: where the views lead to
 * different people, or to a person and a break-glass card, nobody gets in, rather than guess whose card this is.
 */
export function identify({ hits, persons, labels }: Candidates, bits: number): Card {
  const counted = hits.filter(({ view }) => view.bits >= bits);
  const widest = counted.reduce<Hit | null>((best, hit) => (hit.view.bits > (best?.view.bits ?? 0) ? hit : best), null);
  if (widest === null) return { type: 'unknown' };
  const members = new Set(counted.flatMap(({ holder }) => (holder === null ? [] : [holder.member])));
  const cards = new Set(counted.flatMap(({ glass }) => (glass === null ? [] : [glass])));
  if (members.size + cards.size > 1) return { type: 'ambiguous' };
  const { holder, glass, view } = widest;
  if (glass !== null) {
    const label = labels.get(glass);
    return label === undefined ? { type: 'unknown' } : { type: 'glass', card: glass, label };
  }
  const person = persons.find(({ member, badge }) => member === holder?.member && badge === holder.badge);
  return person === undefined ? { type: 'unknown' } : { type: 'member', person, view };
}
