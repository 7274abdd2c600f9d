import type { JsonObject } from '../../../src/base/json.ts';
import type { Draw } from './draw.ts';

/** An entry that denies, as long as nothing has lifted it. */
export interface Standing {
  readonly body: JsonObject;
  readonly block: string;
  readonly index: number;
}

export interface Card {
  readonly member: string;
  readonly badge: string;
  readonly views: readonly JsonObject[];
}

export interface Guest {
  readonly guest: string;
  readonly until: number;
}

/**
 * What a history has made so far, if all of it was accepted: from it the next entry is chosen, so that most entries
 * are about things that are there. It may be wrong; the contracts alone know.
 */
export class World {
  ms = 1_767_225_600_000;
  count = 0;
  readonly members: string[] = [];
  readonly guests: Guest[] = [];
  readonly plans: string[] = [];
  readonly families: string[] = [];
  readonly heads = new Set<string>();
  readonly cards: Card[] = [];
  readonly notes: { readonly member: string; readonly note: string }[] = [];
  readonly doors: string[] = [];
  /** Which of the boards' readers a door has. */
  readonly places = new Map<string, number>();
  readonly schedules: string[] = [];
  readonly holidays: string[] = [];
  readonly glass: { readonly card: string; readonly views: readonly JsonObject[] }[] = [];
  readonly alarms: { readonly door: string; readonly alarm: string }[] = [];
  /** By kind of the entry that denies. */
  readonly denials = new Map<string, Standing[]>();

  /** A name that nothing has yet. */
  fresh(prefix: string): string {
    return `${prefix}-${++this.count}`;
  }

  /** A time up to 40 days from now on either side, to the minute. */
  near(draw: Draw): number {
    return this.ms + (draw.integer(0, 80 * 24 * 60) - 40 * 24 * 60) * 60_000;
  }

  day(draw: Draw): string {
    return new Date(this.near(draw)).toISOString().slice(0, 10);
  }

  /** The views of one card as three widths under one key. */
  views(seed: number): readonly JsonObject[] {
    return [24, 32, 40].map((bits) => ({ epoch: 'e1', bits, hash: `${seed.toString(16)}${bits}`.padStart(64, '0') }));
  }

  standing(kind: string): Standing[] {
    const all = this.denials.get(kind) ?? [];
    this.denials.set(kind, all);
    return all;
  }
}

/** Takes one out of a list; nothing when it is not in it. */
export function takeOut<T>(list: T[], isIt: (one: T) => boolean): void {
  const at = list.findIndex(isIt);
  if (at >= 0) list.splice(at, 1);
}
