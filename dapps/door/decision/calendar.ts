import { isoDate } from '../../sdk/calendar.ts';
import { isWithinHours } from '../../sdk/hours.ts';
import type { Moment } from '../../sdk/moment.ts';
import type { Zone } from '../../sdk/zone.ts';
import { localTime, parseZone } from '../../sdk/zone.ts';
import type { Schedule } from '../schedule-record.ts';

/** The space's own clock and calendar at the moment of a decision. */
export interface Calendar {
  readonly zone: Zone;
  /** Today, if today is a holiday: `2026-12-25`. */
  readonly holiday: string | null;
}

/** `holiday`: it would be open but for the holiday. `clock`: nobody knows. */
export type Openness = 'open' | 'shut' | 'holiday' | 'clock';

/**
 * Whether a schedule is open; one that is gone never is. Holidays are days of the space, whatever zone a schedule is
 * in; after midnight it is the new day that counts.
 */
export function opennessOf(schedule: Schedule | undefined, calendar: Calendar, at: Moment): Openness {
  if (schedule === undefined) return 'shut';
  if (at.quality === 'unknown') return 'clock';
  const zone = schedule.zone === null ? calendar.zone : parseZone(schedule.zone);
  if (!isWithinHours(schedule.hours, localTime(zone, at.ms))) return 'shut';
  return calendar.holiday === null || schedule.holidays ? 'open' : 'holiday';
}

/** The space's day at `ms`, as `holiday/<day>` names it. */
export function dayOf(zone: Zone, ms: number): string {
  return isoDate(localTime(zone, ms));
}
