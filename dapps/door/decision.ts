import { MINUTES_A_DAY } from '../sdk/hours.ts';
import type { Moment } from '../sdk/moment.ts';
import type { Zone } from '../sdk/zone.ts';
import { localTime, parseZone } from '../sdk/zone.ts';
import type { Door, Schedule, View } from './records.ts';

/** Whose card a view is, by the membership dapp; the member still has to be looked up. */
export interface Holder {
  readonly member: string;
  readonly badge: string;
}

/** Everything a decision depends on. `holders` runs beside `views`, null where nobody enrolled the view. */
export interface Evidence {
  /** Null: no door has this reader. */
  readonly door: Door | null;
  readonly views: readonly View[];
  readonly holders: readonly (Holder | null)[];
  /** Those of the holders' members that exist. */
  readonly members: ReadonlySet<string>;
  /** The door's schedule; null when it has none or names one that is gone. */
  readonly schedule: Schedule | null;
  readonly at: Moment;
}

type DenialCode =
  | 'no_door'
  | 'unknown_badge'
  | 'ambiguous_badge'
  | 'no_such_member'
  | 'no_such_schedule'
  | 'clock_unknown'
  | 'outside_schedule';

/** `rule` names what decided, for people and for the log: `always`, `schedule:day-members`, `badge`, `reader`. */
export type Decision =
  | { readonly granted: true; readonly member: string; readonly badge: string; readonly rule: string }
  | {
      readonly granted: false;
      readonly code: DenialCode;
      readonly rule: string;
      readonly member?: string;
      readonly badge?: string;
    };

/** Whether this presentation opens the door. Every doubt is a denial. */
export function decide({ door, views, holders, members, schedule, at }: Evidence): Decision {
  if (door === null) return { granted: false, code: 'no_door', rule: 'reader' };
  const found = views
    .map((view, i) => ({ bits: view.bits, holder: holders[i] ?? null }))
    .filter(({ bits }) => bits >= door.bits)
    .flatMap(({ bits, holder }) => (holder === null ? [] : [{ bits, holder }]));
  // The widest view says most about the card; of two as wide, the one under the newer badge key comes first.
  const widest = found.reduce<(typeof found)[0] | null>(
    (best, hit) => (hit.bits > (best?.bits ?? 0) ? hit : best),
    null,
  );
  if (widest === null) return { granted: false, code: 'unknown_badge', rule: 'badge' };
  const { member, badge } = widest.holder;
  // Two cards can share their low bits. Rather than guess whose this is, nobody gets in, and the log names no one.
  if (found.some(({ holder }) => holder.member !== member)) {
    return { granted: false, code: 'ambiguous_badge', rule: 'badge' };
  }
  if (!members.has(member)) return { granted: false, code: 'no_such_member', rule: 'badge', member, badge };
  if (door.schedule === null) return { granted: true, member, badge, rule: 'always' };
  const rule = `schedule:${door.schedule}`;
  const denied = (code: DenialCode): Decision => ({ granted: false, code, rule, member, badge });
  if (schedule === null) return denied('no_such_schedule');
  if (at.quality === 'unknown') return denied('clock_unknown');
  return isOpen(schedule, at.ms) ? { granted: true, member, badge, rule } : denied('outside_schedule');
}

function isOpen({ zone, hours }: Schedule, ms: number): boolean {
  const parsed: Zone = parseZone(zone);
  const { weekday, minuteOfDay } = localTime(parsed, ms);
  const yesterday = weekday === 1 ? 7 : weekday - 1;
  return hours.some(({ days, from, to }) => {
    if (days.includes(weekday) && from <= minuteOfDay && minuteOfDay < to) return true;
    // Hours that began yesterday and passed midnight: today's minutes continue yesterday's count.
    return days.includes(yesterday) && from <= minuteOfDay + MINUTES_A_DAY && minuteOfDay + MINUTES_A_DAY < to;
  });
}
