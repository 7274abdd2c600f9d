import type { ClockReading } from '../base/ports.ts';
import type { Outcome } from '../ledger/outcome.ts';

/** An entry's place in the store. */
export interface EntryPlace {
  readonly arrival: number;
  readonly index: number;
}

/** What the log can be asked by, beside time and kind; each null where the body does not say. */
export interface LogTags {
  readonly door: string | null;
  readonly member: string | null;
  /** Another member that the entry is about. */
  readonly second: string | null;
  readonly reader: string | null;
}

export const NO_TAGS: LogTags = Object.freeze({ door: null, member: null, second: null, reader: null });

/** What the fold decided about one entry. */
export interface PlayedEntry extends EntryPlace {
  /** Whose state `outcome.writes` change. */
  readonly dapp: string;
  readonly kind: string;
  readonly tags: LogTags;
  readonly outcome: Outcome;
  readonly at: ClockReading;
}

export interface WaitingEntry extends EntryPlace {
  readonly dapp: string;
  /** How often its dapp has failed on it, having been well before. */
  readonly tries: number;
  readonly code: string;
}

/** What a run of the fold wants to make lasting, at once or not at all. */
export interface FoldCommit {
  /** Arrival of the last block that is now played or waiting. */
  readonly arrival: number;
  /** In the order in which they were played; each gets the next position. */
  readonly played: readonly PlayedEntry[];
  readonly waiting: readonly WaitingEntry[];
  /**
   * Entries played before this commit whose bodies, salts, tags and every value they wrote go for good. Empty in nearly
   * every commit. One of whose values state still has makes the whole commit fail with erase_held: `Journal.heldBy` tells.
   */
  readonly erased: readonly EntryPlace[];
}
