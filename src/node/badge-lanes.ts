import { BADGE_WAIT_MS_MAX, BADGES_OPEN_ALL_MAX, BADGES_OPEN_MAX, READER_QUEUE_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { Log } from '../sandbox/log.ts';

/** A badge that waits for the agents. */
interface Waiting {
  readonly sinceMs: number;
  readonly handle: () => Promise<unknown>;
}

/**
 * Badges on their way to the agents: of one reader BADGES_OPEN_MAX are handled at once, of all BADGES_OPEN_ALL_MAX,
 * and READER_QUEUE_MAX of each wait their turn, reader by reader. So a reader that is flooded holds up neither the
 * others nor an exit button, and whatever has waited for BADGE_WAIT_MS_MAX opens no door any more.
 */
export class BadgeLanes {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #log: Log;
  /** In the order in which the readers have their next turn. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #open = new Map<string, number>();
  #openAll = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** @param handle hands the badge to the agents; never rejects. */
  take(reader: string, handle: () => Promise<unknown>): void {
    const queue = this.#waiting.get(reader) ?? [];
    if (queue.length >= READER_QUEUE_MAX) {
      this.#lost(reader, 'reader_busy', 'badge lost: more of this reader wait than may');
      return;
    }
    queue.push({ sinceMs: this.#clock.monotonicMs(), handle });
    this.#waiting.set(reader, queue);
    this.#next();
  }

  #next(): void {
    for (const [reader, queue] of this.#waiting) {
      while (this.#openAll < BADGES_OPEN_ALL_MAX && (this.#open.get(reader) ?? 0) < BADGES_OPEN_MAX) {
        const next = queue.shift();
        if (next === undefined) break;
        if (this.#clock.monotonicMs() - next.sinceMs > BADGE_WAIT_MS_MAX) {
          this.#lost(reader, 'badge_too_late', 'badge lost: it has waited too long for the agents');
          continue;
        }
        void this.#handle(reader, next);
      }
      if (queue.length === 0) this.#waiting.delete(reader);
    }
  }

  async #handle(reader: string, { handle }: Waiting): Promise<void> {
    this.#count(reader, 1);
    await handle();
    this.#count(reader, -1);
    // Behind the other readers.
    const queue = this.#waiting.get(reader);
    if (queue !== undefined) {
      this.#waiting.delete(reader);
      this.#waiting.set(reader, queue);
    }
    this.#next();
  }

  #count(reader: string, change: number): void {
    const open = (this.#open.get(reader) ?? 0) + change;
    this.#openAll += change;
    if (open === 0) this.#open.delete(reader);
    else this.#open.set(reader, open);
  }

  #lost(reader: string, code: string, message: string): void {
    this.#log.warn({ reader, code }, message);
  }
}
