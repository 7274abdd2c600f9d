import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { HEALTH_LOOK_MS_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';

/** One thing that a node has to be able to do. */
export interface Check {
  /** For people: `ledger`. */
  readonly part: string;
  /** Whether a new start of the node may mend it. Pins that are gone or a port that is taken, it does not. */
  readonly isVital: boolean;
  /** Throws or rejects when it cannot do it now. */
  readonly look: () => void | Promise<void>;
}

export interface Fault extends JsonObject {
  readonly part: string;
  readonly isVital: boolean;
  readonly code: string;
  readonly message: string;
}

/** How a node is: `isWell` does all it has to; `isAlive` is not helped by a new start. */
export interface HealthReport extends JsonObject {
  readonly isWell: boolean;
  readonly isAlive: boolean;
  readonly faults: readonly Fault[];
}

/** Looks whether a node does all that it has to. That its event loop turns shows in that an answer comes. */
export class Health {
  readonly #checks: readonly Check[];
  readonly #clock: Clock;
  #open: Promise<HealthReport> | null = null;

  constructor(checks: readonly Check[], clock: Clock) {
    this.#checks = checks;
    this.#clock = clock;
  }

  /** Whoever asks while a look goes on gets what that one finds. Never rejects. */
  look(): Promise<HealthReport> {
    this.#open ??= this.#look().finally(() => {
      this.#open = null;
    });
    return this.#open;
  }

  async #look(): Promise<HealthReport> {
    const found = await Promise.all(this.#checks.map((check) => this.#faultOf(check)));
    const faults = found.filter((fault) => fault !== null);
    return { isWell: faults.length === 0, isAlive: !faults.some(({ isVital }) => isVital), faults };
  }

  async #faultOf({ part, isVital, look }: Check): Promise<Fault | null> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const cancel = this.#clock.after(HEALTH_LOOK_MS_MAX, () => {
      reject(new CodedError('no_answer', `no answer within ${HEALTH_LOOK_MS_MAX} ms`));
    });
    try {
      await Promise.race([late, (async () => look())()]);
      return null;
    } catch (error) {
      return { part, isVital, code: codeOf(error) ?? 'internal_error', message: messageOf(error) };
    } finally {
      cancel();
    }
  }
}
