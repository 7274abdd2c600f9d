import { Fault } from '../sdk/fault.ts';
import { asObject, integer, list, text, textOrNull } from '../sdk/fields.ts';
import type { Hours } from '../sdk/hours.ts';
import { parseHours } from '../sdk/hours.ts';
import type { JsonObject } from '../sdk/json.ts';

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

export const OPEN_MS_MIN = 100;
export const OPEN_MS_MAX = 60_000;
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

/** Does not look into `zone`. @throws Fault bad_hours, bad_field */
export function parseSchedule(from: JsonObject): Schedule {
  return { zone: text(from, 'zone'), hours: parseHours(from) };
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
