import type { View } from '../views.ts';
import type { Denial } from './denial.ts';
import type { Tries } from './evidence.ts';

/** Wrong PINs in a row that cost nothing. */
const TRIES_FREE = 3;
const BLOCK_MS_MIN = 30_000;
const BLOCK_MS_MAX = 60 * 60 * 1000;
/** 30 s doubled this often is more than the longest block; more would only leave exact integers. */
const DOUBLINGS_MAX = 7;

/**
 * Until when no PIN is taken; null while tries are free. A clock that stands before the last try keeps it blocked:
 * cutting the power of a board without a clock of its own must not give tries back.
 */
export function blockedUntil(tries: Tries | null): number | null {
  if (tries === null || tries.count < TRIES_FREE) return null;
  const doublings = Math.min(tries.count - TRIES_FREE, DOUBLINGS_MAX);
  return tries.ms + Math.min(BLOCK_MS_MAX, BLOCK_MS_MIN * 2 ** doublings);
}

/**
 * What the PIN of a card says. `kept` are its hashes (null: the card has none), `shown` those of what was typed, `view`
 * is the view by which the card was recognised. A right PIN tried while blocked is not looked at.
 */
export function judgePin(
  kept: readonly View[] | null,
  shown: readonly View[] | 'right' | null,
  view: View,
  tries: Tries | null,
  nowMs: number,
): readonly Denial[] {
  const rule = 'pin';
  const until = blockedUntil(tries);
  if (until !== null && nowMs < until) return [{ code: 'pin_blocked', rule }];
  const ofView = (views: readonly View[]) =>
    views.find(({ epoch, bits }) => epoch === view.epoch && bits === view.bits);
  const right = kept === null ? undefined : ofView(kept);
  if (right === undefined || shown === null) return [{ code: 'pin_missing', rule }];
  if (shown === 'right') return [];
  const typed = ofView(shown);
  if (typed === undefined) return [{ code: 'pin_missing', rule }];
  return typed.hash === right.hash ? [] : [{ code: 'pin_wrong', rule }];
}
