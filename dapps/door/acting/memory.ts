import type { Moment } from '../../sdk/moment.ts';
import type { Tries } from '../decision/evidence.ts';

/** Members and doors that are remembered at once; the oldest goes first. */
const REMEMBERED_MAX = 1_024;
/** How often a decision is made anew because a denial arrived meanwhile. */
const DECISIONS_MAX = 8;

/** Where and when a card was held to a reader. */
export interface Sighting {
  readonly door: string;
  readonly ms: number;
}

/**
 * What the agent knows beyond the state, because it happened just now: gone with the process. Nothing in it lets
 * anybody in who would not be let in without it, but for the second of two people.
 */
export class Memory {
  /** By door: who waits for a second person. */
  readonly #waiting = new Map<string, { readonly member: string; readonly ms: number }>();
  /** By member and badge: wrong PINs in a row, also those whose facts are not played yet. */
  readonly #tries = new Map<string, Tries>();
  /** By member and badge: where the card was last, also where that is not played yet. */
  readonly #seen = new Map<string, Sighting>();
  /** By member and badge: when it was told that a card cannot be where it is. */
  readonly #alerts = new Map<string, number>();
  #denials = 0;

  /** A denial has arrived: what was decided without it is decided again, and nobody is waited for any more. */
  denialArrived(): void {
    this.#denials += 1;
    this.#waiting.clear();
  }

  /** Runs `gather` until no denial arrived meanwhile; `isCurrent` says so for as long as that holds. */
  async steadily<T>(gather: () => Promise<T>): Promise<{ readonly value: T; readonly isCurrent: () => boolean }> {
    for (let tries = 1; ; tries += 1) {
      const before = this.#denials;
      const value = await gather();
      const isCurrent = (): boolean => this.#denials === before;
      if (isCurrent() || tries === DECISIONS_MAX) return { value, isCurrent };
    }
  }

  /** Who waits at this door since less than `twoMs`. */
  waitingAt(door: string, twoMs: number, at: Moment): string | null {
    const waiting = this.#waiting.get(door);
    if (waiting === undefined) return null;
    const sinceMs = at.ms - waiting.ms;
    return sinceMs >= 0 && sinceMs < twoMs ? waiting.member : null;
  }

  waits(door: string, member: string, at: Moment): void {
    put(this.#waiting, door, { member, ms: at.ms });
  }

  waitsNoMore(door: string): void {
    this.#waiting.delete(door);
  }

  /** The larger count of the state's and ours, of equal ones the later. */
  triesOf(member: string, badge: string, stated: Tries | null): Tries | null {
    const ours = this.#tries.get(cardName(member, badge)) ?? null;
    if (ours === null || stated === null) return ours ?? stated;
    const isOurs = ours.count === stated.count ? ours.ms > stated.ms : ours.count > stated.count;
    return isOurs ? ours : stated;
  }

  wrongPin(member: string, badge: string, before: Tries | null, at: Moment): void {
    put(this.#tries, cardName(member, badge), { count: (before?.count ?? 0) + 1, ms: at.ms });
  }

  rightPin(member: string, badge: string): void {
    this.#tries.delete(cardName(member, badge));
  }

  /** The card is at `now`. @returns where we saw it before. */
  sees(member: string, badge: string, now: Sighting): Sighting | null {
    const name = cardName(member, badge);
    const before = this.#seen.get(name) ?? null;
    put(this.#seen, name, now);
    return before;
  }

  /** Whether `pauseMs` have passed since this was allowed for the card before. */
  mayAlert(member: string, badge: string, at: Moment, pauseMs: number): boolean {
    const name = cardName(member, badge);
    const beforeMs = this.#alerts.get(name);
    if (beforeMs !== undefined && at.ms >= beforeMs && at.ms - beforeMs < pauseMs) return false;
    put(this.#alerts, name, at.ms);
    return true;
  }
}

const cardName = (member: string, badge: string): string => `${member}/${badge}`;

/** Puts the newest last, and drops the oldest beyond the cap. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > REMEMBERED_MAX && oldest !== undefined) map.delete(oldest);
}
