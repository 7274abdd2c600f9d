import type { Moment } from '../../sdk/moment.ts';
import type { NamedDoor } from '../door-record.ts';
import type { Schedule } from '../schedule-record.ts';
import { type Calendar, opennessOf } from './calendar.ts';
import { isStale } from './staleness.ts';

/** What keep-open hours depend on. */
interface KeepEvidence {
  readonly at: Moment;
  readonly found: NamedDoor | null;
  readonly calendar: Calendar;
  readonly lockdown: readonly string[];
  readonly disabled: readonly string[];
  readonly schedules: ReadonlyMap<string, Schedule>;
  readonly restoredAsOfMs: number | null;
}

/** Whether a door stands open by its keep-open hours now, and by what. Every doubt shuts it. */
export function decideKept(evidence: KeepEvidence): { readonly isKept: boolean; readonly rule: string } {
  const { at, found, calendar, lockdown, disabled, schedules } = evidence;
  const keepOpen = found?.door.keepOpen ?? null;
  if (found === null || keepOpen === null) return { isKept: false, rule: 'door' };
  const [order] = [...lockdown, ...disabled];
  if (order !== undefined) return { isKept: false, rule: `denial:${order}` };
  if (isStale(evidence, found.door)) return { isKept: false, rule: 'restored' };
  const rule = `schedule:${keepOpen}`;
  const openness = opennessOf(schedules.get(keepOpen), calendar, at);
  if (openness === 'holiday') return { isKept: false, rule: `holiday:${calendar.holiday ?? ''}` };
  return { isKept: openness === 'open', rule: openness === 'clock' ? 'clock' : rule };
}
