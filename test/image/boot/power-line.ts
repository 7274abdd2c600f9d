/** One trial of `make image-powercut`: a line of its results. */
export interface CutLine {
  readonly phase: Phase;
  /** When the power went, and what the card made of it. */
  readonly cuts: readonly string[];
  /** Rows of the log that the board had told until then. */
  readonly acknowledged: number;
  /** How many of them are gone. */
  readonly missing: number;
  /** What else was wrong at the next start; nothing is clean. */
  readonly faults: readonly string[];
  readonly ms: number;
}

export const PHASES = ['first-boot', 'daily'] as const;
export type Phase = (typeof PHASES)[number];
