import type { Clock } from '../../src/base/ports.ts';

/** Time that goes on when the test says so; keeps what was asked of it. */
export class ScriptedClock implements Clock {
  wallMs = 1_795_000_000_000;
  /** Every delay that was asked for, in order. */
  readonly delays: number[] = [];
  readonly #timers = new Set<() => void>();

  now() {
    return { wallMs: this.wallMs, quality: 'synced' } as const;
  }

  monotonicMs(): number {
    return this.wallMs;
  }

  after(delayMs: number, task: () => void): () => void {
    this.delays.push(delayMs);
    this.#timers.add(task);
    return () => void this.#timers.delete(task);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Every timer that waits is due now. */
  fire(): void {
    const due = [...this.#timers];
    this.#timers.clear();
    for (const task of due) task();
  }
}
