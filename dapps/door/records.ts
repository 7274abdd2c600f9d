import { Fault } from '../sdk/fault.ts';
import { asObject, integer, list, text, textOrNull } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';

/** A door: the reader in front of it, the output that opens it, and who gets through. */
export interface Door {
  readonly reader: string;
  readonly output: string;
  readonly openMs: number;
  /** Null: at any hour. */
  readonly schedule: string | null;
  /** The narrowest view of a card this door accepts; a 24-bit number is shared by more cards than a 40-bit one. */
  readonly bits: number;
}

/**
 * Hours of a week, on the local clock. `from` and `to` are minutes after midnight of each of `days` (1 is Monday),
 * `to` not included and above 1440 where the hours pass midnight: Friday 20:00 to Saturday 02:00 is
 * `{days: [5], from: 1200, to: 1560}`.
 */
interface Hours {
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
}

export interface Schedule {
  /** A POSIX TZ rule, such as `CET-1CEST,M3.5.0,M10.5.0/3`. */
  readonly zone: string;
  readonly hours: readonly Hours[];
}

/** One way a reader saw a card (see dapp membership). */
export interface View {
  readonly epoch: string;
  readonly bits: number;
  readonly hash: string;
}

export const MINUTES_A_DAY = 24 * 60;
export const OPEN_MS_MIN = 100;
export const OPEN_MS_MAX = 60_000;
const HOURS_MAX = 32;
/** 16 epochs of badge keys at three widths; also keeps the look-ups of one badge within the calls that may wait. */
const VIEWS_MAX = 48;

export const doorKey = (door: string): string => `door/${door}`;
export const readerKey = (reader: string): string => `reader/${reader}`;
export const outputKey = (output: string): string => `output/${output}`;
export const scheduleKey = (schedule: string): string => `schedule/${schedule}`;
export const lastKey = (door: string): string => `last/${door}`;

export function parseDoor(from: JsonObject): Door {
  return {
    reader: text(from, 'reader'),
    output: text(from, 'output'),
    openMs: integer(from, 'openMs', OPEN_MS_MIN, OPEN_MS_MAX),
    schedule: textOrNull(from, 'schedule'),
    bits: integer(from, 'bits', 0, Number.MAX_SAFE_INTEGER),
  };
}

function parseHours(value: Json): Hours {
  const entry = asObject(value, 'hours');
  const days = list(entry, 'days').map((_, i, all) => integer({ day: all[i] ?? null }, 'day', 1, 7));
  const from = integer(entry, 'from', 0, MINUTES_A_DAY - 1);
  const to = integer(entry, 'to', 1, 2 * MINUTES_A_DAY);
  if (days.length === 0 || new Set(days).size < days.length) {
    throw new Fault('bad_hours', 'days is a list of different weekdays, 1 (Monday) to 7');
  }
  if (to <= from || to - from > MINUTES_A_DAY) {
    throw new Fault(
      'bad_hours',
      `to comes after from, by at most ${MINUTES_A_DAY} minutes; add ${MINUTES_A_DAY} to pass midnight`,
    );
  }
  return { days, from, to };
}

/** Does not look into `zone`. @throws Fault bad_hours, bad_field */
export function parseSchedule(from: JsonObject): Schedule {
  const hours = list(from, 'hours').map(parseHours);
  if (hours.length > HOURS_MAX) throw new Fault('bad_hours', `a schedule has at most ${HOURS_MAX} hours`);
  return { zone: text(from, 'zone'), hours };
}

/** The views of one presented card, in the node's order: newest badge key first. @throws Fault too_many_views, bad_field */
export function parseViews(from: JsonObject): readonly View[] {
  const views = list(from, 'views');
  if (views.length > VIEWS_MAX) throw new Fault('too_many_views', `a card is looked up by at most ${VIEWS_MAX} views`);
  return views.map((value) => {
    const view = asObject(value, 'a view');
    return {
      epoch: text(view, 'epoch'),
      bits: integer(view, 'bits', 1, Number.MAX_SAFE_INTEGER),
      hash: text(view, 'hash'),
    };
  });
}
