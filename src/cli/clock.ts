import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Session } from './session.ts';

/**
 * The clock on the wall of the space. Its zone is a rule that dapp `door` keeps and reckons with, and this side asks
 * that dapp for the offsets instead of reckoning again: the times that people read and write are then those by which
 * the doors decide, on every board, whatever zones its system knows.
 */

/** From `from` (ms since 1970) on, local time is UTC and `minutes`. */
interface Offset {
  readonly from: number;
  readonly minutes: number;
}

/** A local time whose instant is looked for, as ms since 1970 if it were UTC. */
type WallMs = number;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Asked for at once: a year and its neighbours' first and last days, so that most runs ask once. */
const SPAN_MS = 370 * DAY_MS;
const AROUND_MS = 2 * DAY_MS;
/** What `Date` can hold, less what is asked around it. */
const INSTANT_MS_MAX = 8.64e15 - 2 * SPAN_MS;

export class SpaceClock {
  readonly #session: Session;
  readonly #spans: { readonly from: number; readonly until: number; readonly offsets: readonly Offset[] }[] = [];
  /** What the dapp could not say, if it could not. */
  #isLost = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Gets ready to tell the local time of these instants. */
  async know(...instants: readonly number[]): Promise<void> {
    for (const ms of instants) {
      if (this.#isLost || Math.abs(ms) > INSTANT_MS_MAX || this.#spanOf(ms) !== undefined) continue;
      const from = ms - SPAN_MS / 2;
      const until = ms + SPAN_MS / 2;
      try {
        const answer = await this.#session.call('zone.offsets', { from, until });
        this.#spans.push({ from, until, offsets: (answer as unknown as { offsets: Offset[] }).offsets });
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        // A log is still of use when the dapp that keeps the zone does not answer.
        this.#isLost = true;
      }
    }
  }

  /**
   * Local time with seconds, `2026-11-22 20:15:03`; where the clocks show it twice, with its offset. In UTC, with a
   * `Z`, for an instant that is not known: the dapp did not answer.
   */
  text(ms: number): string {
    const span = this.#spanOf(ms);
    if (span === undefined) return utcText(ms);
    const minutes = offsetAt(span.offsets, ms);
    const wall = ms + minutes * MINUTE_MS;
    const isTwice = instantsOf(span.offsets, wall).length > 1;
    return `${wallText(wall)}${isTwice ? offsetText(minutes) : ''}`;
  }

  /** The local day and time at an instant, as if it were UTC. */
  async wall(ms: number): Promise<WallMs> {
    await this.know(ms);
    const span = this.#spanOf(ms);
    if (span === undefined) throw lost();
    return ms + offsetAt(span.offsets, ms) * MINUTE_MS;
  }

  /**
   * The instants at which the clocks show `wall`: one; none when they are put forward over it; two when they are put
   * back over it, the earlier first, each with the offset that tells it from the other.
   */
  async instants(wall: WallMs): Promise<readonly { readonly ms: number; readonly offset: string }[]> {
    await this.know(wall);
    const span = this.#spanOf(wall);
    if (span === undefined) throw lost();
    return instantsOf(span.offsets, wall).map((ms) => ({ ms, offset: offsetText(offsetAt(span.offsets, ms)) }));
  }

  /** When the clocks are next changed from `ms` on, within some days: the first moment after a gap. */
  async nextChange(ms: number): Promise<number | null> {
    await this.know(ms);
    return this.#spanOf(ms)?.offsets.find(({ from }) => from > ms)?.from ?? null;
  }

  #spanOf(ms: number) {
    return this.#spans.find(({ from, until }) => from + AROUND_MS <= ms && ms < until - AROUND_MS);
  }
}

/** All of a zone's fields fit in a day: no offset is larger. */
function instantsOf(offsets: readonly Offset[], wall: WallMs): readonly number[] {
  const candidates = new Set(offsets.map(({ minutes }) => wall - minutes * MINUTE_MS));
  return [...candidates].filter((ms) => ms + offsetAt(offsets, ms) * MINUTE_MS === wall).sort((a, b) => a - b);
}

function offsetAt(offsets: readonly Offset[], ms: number): number {
  return (offsets.findLast(({ from }) => from <= ms) ?? offsets[0])?.minutes ?? 0;
}

/** For a time told where no space can be asked for its zone: `2026-11-22 20:15:03Z`. */
export function utcText(ms: number): string {
  return `${wallText(ms)}Z`;
}

/** `2026-11-22 20:15:03` */
function wallText(wall: WallMs): string {
  return new Date(wall).toISOString().slice(0, -5).replace('T', ' ');
}

/** `+02:00` */
function offsetText(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function lost(): CodedError {
  return new CodedError('zone_unanswered', 'the dapp that keeps the time zone of the space does not answer', {
    advice: 'Write the time with its offset from UTC, such as 2026-11-22T18:30+01:00.',
  });
}

/** The instants in `rows`, by the name of their field. */
export function instantsIn(rows: readonly JsonObject[], field: string): readonly number[] {
  return rows.flatMap((row) => (typeof row[field] === 'number' ? [row[field]] : []));
}
