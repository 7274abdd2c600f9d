import type { DoorSettings } from '../door-record.ts';
import type { Evidence } from './evidence.ts';

/** Whether the board came back from a backup so old that it may not know of the newest denials. */
export function isStale(
  { at, restoredAsOfMs }: Pick<Evidence, 'at' | 'restoredAsOfMs'>,
  { staleMs }: DoorSettings,
): boolean {
  if (staleMs === null || restoredAsOfMs === null) return false;
  return at.quality === 'unknown' || at.ms - restoredAsOfMs > staleMs;
}
