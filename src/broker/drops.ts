import { BROKER_DROP_LOG_MS_MIN, BROKER_DROP_LOGS_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { Log } from './log.ts';

/**
 * What the broker refused or threw away, counted by code; and told, each code of each device at most once in
 * BROKER_DROP_LOG_MS_MIN, so that whoever floods the broker does not flood the log.
 */
export class Drops {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counts = new Map<string, number>();
  /** When it was told last, and how often it happened since; the oldest leave first. */
  readonly #told = new Map<string, { readonly atMs: number; untold: number }>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** @param who device or address. */
  add(code: string, who: string, message: string): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    const key = `${code} ${who}`;
    const nowMs = this.#clock.monotonicMs();
    const before = this.#told.get(key);
    if (before !== undefined && nowMs - before.atMs < BROKER_DROP_LOG_MS_MIN) {
      before.untold += 1;
      return;
    }
    const more = before?.untold ?? 0;
    this.#told.delete(key);
    this.#told.set(key, { atMs: nowMs, untold: 0 });
    const [oldest] = this.#told.keys();
    if (this.#told.size > BROKER_DROP_LOGS_MAX && oldest !== undefined) this.#told.delete(oldest);
    this.#log.warn({ code, who, more }, `broker: ${who}: ${message}`);
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
