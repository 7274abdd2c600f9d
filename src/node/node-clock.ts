import { CLOCK_OFF_MS_MAX } from '../base/limits.ts';
import type { Clock, ClockReading } from '../base/ports.ts';

/**
 * Node time: the highest of the hardware clock and the last time stored, so that it never goes back, not even over a
 * start without a battery. How far it can be believed, the hardware's clock says; but where that is behind what was
 * stored by more than clocks may be off, one of them is wrong, and the time is unknown.
 */
export class NodeClock implements Clock {
  readonly #hardware: Clock;
  #highestMs: number;

  /** @param storedMs the last node time that was stored. */
  constructor(hardware: Clock, storedMs: number) {
    this.#hardware = hardware;
    this.#highestMs = storedMs;
  }

  now(): ClockReading {
    const { wallMs, quality } = this.#hardware.now();
    this.#highestMs = Math.max(this.#highestMs, wallMs);
    const isOff = this.#highestMs - wallMs > CLOCK_OFF_MS_MAX;
    return { wallMs: this.#highestMs, quality: isOff ? 'unknown' : quality };
  }

  monotonicMs(): number {
    return this.#hardware.monotonicMs();
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#hardware.after(delayMs, task);
  }
}
