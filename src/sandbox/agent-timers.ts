import { CodedError } from '../base/errors.ts';
import { AGENT_TIMERS_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';

/** The timers that a program of an agent has set; they end with it. */
export class AgentTimers {
  readonly #clock: Clock;
  readonly #fire: (id: string) => void;
  readonly #cancels = new Map<string, () => void>();

  /** @param fire runs when a timer is due, which is then no longer set; must not throw. */
  constructor(clock: Clock, fire: (id: string) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  /** Replaces a timer of the same id. @throws too_many_timers. */
  set(id: string, ms: number): void {
    this.cancel(id);
    if (this.#cancels.size >= AGENT_TIMERS_MAX) {
      throw new CodedError('too_many_timers', `an agent has at most ${AGENT_TIMERS_MAX} timers`, {
        fields: { max: AGENT_TIMERS_MAX },
      });
    }
    const cancel = this.#clock.after(ms, () => {
      this.#cancels.delete(id);
      this.#fire(id);
    });
    this.#cancels.set(id, cancel);
  }

  /** Does nothing where none of this id is set. */
  cancel(id: string): void {
    this.#cancels.get(id)?.();
    this.#cancels.delete(id);
  }

  /** Sets one unless its program has set it again meanwhile, or so many others. */
  setAgain(id: string, ms: number): void {
    if (!this.#cancels.has(id) && this.#cancels.size < AGENT_TIMERS_MAX) this.set(id, ms);
  }

  clear(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
