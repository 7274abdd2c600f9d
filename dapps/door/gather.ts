import { text } from '../sdk/fields.ts';
import type { Moment } from '../sdk/moment.ts';
import type { State } from '../sdk/state.ts';
import { type Candidates, identify, readCandidates } from './card.ts';
import type { Card, Evidence } from './decision/evidence.ts';
import { type DoorSide, readCalendar, readDoorSide } from './door-side.ts';
import { LOCKDOWN_PREFIX, readerKey } from './keys.ts';
import { standingEntries } from './standing-denials.ts';
import { readTrace } from './trace.ts';
import type { View } from './views.ts';

/**
 * Reads all that a decision needs. Someone stands at the door, and each look-up that waits for another costs a round
 * trip: the chains of look-ups (door, card, calendar) run side by side, three rounds long, five where the plan of a
 * family's head counts.
 */

/** What is presented: a card's views, and the PIN typed with it, if any. */
export interface Shown {
  readonly views: readonly View[];
  readonly pin: readonly View[] | null;
}

/** For a presentation at this reader. */
export async function gatherAtReader(state: State, reader: string, shown: Shown, at: Moment): Promise<Evidence> {
  const name = state.read(readerKey(reader)).then((door) => (door === null ? null : text({ door }, 'door')));
  return gather(state, readDoorSide(state, name, reader), readCandidates(state, shown.views), shown, at);
}

/** For a presentation at the reader of this door. */
export async function gatherAtDoor(state: State, name: string, shown: Shown, at: Moment): Promise<Evidence> {
  return gather(state, readDoorSide(state, Promise.resolve(name)), readCandidates(state, shown.views), shown, at);
}

/** For a card that is known beforehand, its PIN taken as right. */
export async function gatherForCard(state: State, name: string, card: Promise<CardAt>, at: Moment): Promise<Evidence> {
  return gather(state, readDoorSide(state, Promise.resolve(name)), card, { pin: 'right' }, at);
}

/** Makes out what the card is to a door that takes views of at least `bits`. */
export type CardAt = (bits: number) => Card;

async function gather(
  state: State,
  doorReading: Promise<DoorSide>,
  cardReading: Promise<Candidates | CardAt>,
  { pin }: Pick<Evidence, 'pin'>,
  at: Moment,
): Promise<Evidence> {
  const [[side, card, trace], calendar, lockdown] = await Promise.all([
    Promise.all([doorReading, cardReading]).then(async ([side, candidates]) => {
      const bits = side.found?.door.bits ?? 0;
      const card = typeof candidates === 'function' ? candidates(bits) : identify(candidates, bits);
      return [side, card, await readTrace(state, side.found?.door ?? null, card)] as const;
    }),
    readCalendar(state, at),
    standingEntries(state, LOCKDOWN_PREFIX),
  ]);
  return { at, ...side, card, calendar, lockdown, ...trace, pin, waiting: null };
}
