import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { ENROL_WAIT_MS_MAX } from '../base/limits.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import type { Log } from '../sandbox/log.ts';
import type { LiveConfig } from './live-config.ts';
import { type CardViews, enrolCard } from './operations/enrol-card.ts';
import { integerOf, textOf } from './operations/params.ts';
import { personNamed } from './operations/people.ts';
import type { Space } from './space.ts';

type Ended = 'timeout' | 'gone';

/** Readers whose next card goes to somebody who waits for it, and to no door: at most one waits at each. */
export class NextCards {
  readonly #waiting = new Map<string, (card: CardViews) => void>();

  /** Gives the card to whoever waits at this reader. @returns whether somebody did. */
  take(reader: string, { credential }: JsonObject): boolean {
    const give = this.#waiting.get(reader);
    if (give === undefined || !isJsonObject(credential)) return false;
    this.#waiting.delete(reader);
    give(credential as unknown as CardViews);
    return true;
  }

  /** Resolves with the next card at `reader`, or with what came first. @throws enrolment_busy. */
  async next(reader: string, clock: Clock, waitMs: number, gone: AbortSignal): Promise<CardViews | Ended> {
    if (this.#waiting.has(reader)) {
      throw new CodedError('enrolment_busy', `somebody waits for a card at ${reader} already`, {
        fields: { reader },
        advice: 'Wait until they are done, or use another door.',
      });
    }
    const { promise, resolve } = Promise.withResolvers<CardViews | Ended>();
    const leave = () => resolve('gone');
    const cancel = clock.after(waitMs, () => resolve('timeout'));
    gone.addEventListener('abort', leave);
    if (gone.aborted) leave();
    this.#waiting.set(reader, resolve);
    try {
      return await promise;
    } finally {
      cancel();
      gone.removeEventListener('abort', leave);
      if (this.#waiting.get(reader) === resolve) this.#waiting.delete(reader);
    }
  }
}

interface NextCardParts {
  readonly live: LiveConfig;
  readonly space: Space;
  readonly nextCards: NextCards;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly ending: AbortSignal;
}

/**
 * `{member, door, label?, waitMs}`: waits for the next card at the reader of a door and gives it to the member. That
 * card opens nothing; all other readers go on. Ends with its caller: nobody's card is taken for a person who left.
 * @throws no_such_door, reader_elsewhere, enrolment_busy, no_card, caller_left; what `enrolCard` throws.
 */
export async function enrolNext(parts: NextCardParts, params: JsonObject, gone: AbortSignal): Promise<Json> {
  const { live, space, nextCards, clock, randomness, log, ending } = parts;
  const name = textOf(params, 'door');
  const waitMs = integerOf(params, 'waitMs', ENROL_WAIT_MS_MAX);
  const { member } = await personNamed(space, textOf(params, 'member'));
  const door = await space.query('door', 'door', { door: name });
  const reader = isJsonObject(door) ? String(door.reader) : '';
  if (live.now.reader[reader] === undefined) {
    throw new CodedError('reader_elsewhere', `the reader ${reader} of ${name} is not at this board`, {
      fields: { door: name, reader },
      advice: 'Run this at the board of that door, or use --last.',
    });
  }
  log.info({ reader, member }, 'waiting for a card to enrol');
  const card = await nextCards.next(reader, clock, waitMs, AbortSignal.any([gone, ending]));
  if (card === 'gone') throw new CodedError('caller_left', 'whoever waited for a card has left');
  if (card === 'timeout') {
    throw new CodedError('no_card', `no card was held to the reader of ${name}`, {
      fields: { door: name, waitMs },
      advice: 'Try again, for longer with --wait; `blockmesh status` shows whether the reader hears anything.',
    });
  }
  return await enrolCard(space, randomness, { ...params, member }, card);
}
