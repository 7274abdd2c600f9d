import { RELEASE_GRACE_MS } from '../limits.ts';

/** Milliseconds of the monotonic clock that the node tells in nanoseconds, in decimal. */
export function monotonicMs(atNs: string): number {
  return Number(BigInt(atNs) / 1_000_000n);
}

/**
 * Until when each door is released because somebody may pass, on the monotonic clock of the pins process: what tells
 * an opened door from a forced one. Gone with the process; who asks then looks at the output itself.
 */
export class Releases {
  readonly #untilMs = new Map<string, number>();
  /** Pulses that are asked for and not answered: the door may open before the answer is here. */
  readonly #asked = new Map<string, number>();

  /** A pulse is about to be asked for. Call what is returned with its end, or null when there is none. */
  begin(door: string): (untilMs: number | null) => void {
    this.#asked.set(door, (this.#asked.get(door) ?? 0) + 1);
    return (untilMs) => {
      const asked = (this.#asked.get(door) ?? 1) - 1;
      if (asked === 0) this.#asked.delete(door);
      else this.#asked.set(door, asked);
      if (untilMs !== null) this.#untilMs.set(door, untilMs);
    };
  }

  /** The door was released until now in another way than by a pulse. */
  ended(door: string, atMs: number): void {
    this.#untilMs.set(door, Math.max(atMs, this.#untilMs.get(door) ?? 0));
  }

  /** Whether a door that opens at `atMs` was let open. */
  covers(door: string, atMs: number): boolean {
    const untilMs = this.#untilMs.get(door);
    return this.#asked.has(door) || (untilMs !== undefined && atMs <= untilMs + RELEASE_GRACE_MS);
  }
}
