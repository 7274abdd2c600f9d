import type { Moment } from '../../sdk/moment.ts';
import type { NamedDoor } from '../door-record.ts';
import type { Held, Member } from '../membership.ts';
import type { Schedule } from '../schedule-record.ts';
import type { View } from '../views.ts';
import type { Calendar } from './calendar.ts';

/** A plan that counts for a member: the member's own, or one of the head of the family that covers it. */
export interface CountedPlan {
  readonly plan: string;
  readonly from: number;
  readonly until: number | null;
  /** How long after `until` it still counts. */
  readonly graceMs: number;
}

/** A member with everything a door asks about. */
export interface Person {
  readonly member: string;
  /** Null where `why` asks about a member without any. */
  readonly badge: string | null;
  /** Null: there is no such member. */
  readonly record: Member | null;
  /** Null: the member has no such badge (any more). */
  readonly held: Held | null;
  /** The entries that suspend the member, `<block>.<index>`. */
  readonly suspended: readonly string[];
  /** Whether the member, or the head of the member's family, is a permanent member. */
  readonly permanent: boolean;
  readonly plans: readonly CountedPlan[];
}

/** What the presented card turned out to be. */
export type Card =
  | { readonly type: 'unknown' }
  | { readonly type: 'ambiguous' }
  | { readonly type: 'glass'; readonly card: string; readonly label: string }
  /** `view` is the widest view by which it was recognised. */
  | { readonly type: 'member'; readonly person: Person; readonly view: View };

/** Wrong PINs in a row and when the last came. */
export interface Tries {
  readonly count: number;
  readonly ms: number;
}

/** Everything a decision depends on, gathered beforehand; deciding reads nothing. */
export interface Evidence {
  readonly at: Moment;
  /** Null: no door has this reader. */
  readonly found: NamedDoor | null;
  readonly card: Card;
  readonly calendar: Calendar;
  /** The entries that lock the whole space or disable this door, `<block>.<index>`. */
  readonly lockdown: readonly string[];
  readonly disabled: readonly string[];
  /** The schedules that the door names, those left out that are gone. */
  readonly schedules: ReadonlyMap<string, Schedule>;
  /** How new the state was from which the door's board was restored; null: it was not. */
  readonly restoredAsOfMs: number | null;
  /** When this member last came in through a door of the same area. */
  readonly passMs: number | null;
  readonly tries: Tries | null;
  /** Whether the relay of the door's output is known to stick. */
  readonly welded: boolean;
  /** The PIN as it was typed, hashed with every view; null: none. `right` is for the question what would happen. */
  readonly pin: readonly View[] | 'right' | null;
  /** Who waits at this door for a second person, so that `at` is in time; `anyone` is for that same question. */
  readonly waiting: string | null;
}

/** Stands for somebody else who is always there. */
export const ANYONE = '*';
