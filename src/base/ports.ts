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

/** What a process says of itself to whoever started it. What is absent stays as it was. */
export interface LifeSigns {
  /** It serves now; it ends. */
  readonly state?: 'ready' | 'stopping';
  /** It lives, and does what it has to. */
  readonly isWell?: boolean;
  /** Still starting, and to be waited for so many ms more. */
  readonly moreMs?: number;
  /** One line for people. */
  readonly status?: string;
}

/** Who watches over this process, as systemd does: one that gives no sign for too long is started anew. */
export interface Supervisor {
  /** Signs are to come at least so often, in ms; null: nobody listens. */
  readonly everyMs: number | null;
  /** Resolves when it has been told, or could not be, and that is in the log. Never rejects. */
  tell(signs: LifeSigns): Promise<void>;
}

export interface Randomness {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array;
}
