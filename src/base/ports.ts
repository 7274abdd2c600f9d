/**
 * Ports for what a replay must control: time and chance. Floors 0 to 2 take these values as arguments; only
 * floors 3 and above hold the real ones (`src/node/system.ts`).
 */

/** How far the wall clock can be believed. */
export type ClockQuality = 'synced' | 'peer' | 'restored' | 'unknown';

export interface ClockReading {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly wallMs: number;
  readonly quality: ClockQuality;
}

export interface Clock {
  now(): ClockReading;
  /** Milliseconds since this machine's boot; never goes back within one boot id. */
  monotonicMs(): number;
  /** Runs `task` once, `delayMs` from now, unless the returned function is called first. */
  after(delayMs: number, task: () => void): () => void;
}

export interface Randomness {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array;
}
