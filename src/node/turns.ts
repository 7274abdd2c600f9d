import type { Clock } from '../base/ports.ts';

/** In ms: some rounds through the event loop lie between a badge and its door, and each may find a turn that just began. */
const TURN_MS_MAX = 10;

/** Cuts a long task into turns, so that a node goes on opening doors: on a slow board too, which counting would not see. */
export class Turns {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #endMs: number;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    this.#endMs = clock.monotonicMs() + TURN_MS_MAX;
  }

  /** To be called after each small step. Gives way to others once the turn has been long enough. */
  async next(): Promise<void> {
    if (this.#clock.monotonicMs() < this.#endMs) return;
    await yieldToOthers();
    this.#endMs = this.#clock.monotonicMs() + TURN_MS_MAX;
  }
}

/** Whatever has come in meanwhile is done first. */
export function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
