import type { Clock } from '../base/ports.ts';

/** `welded`: the load is on though its output is off. `silent`: it is off though its output is on. */
export type FeedbackFault = 'welded' | 'silent';

interface FeedbackParts {
  readonly clock: Pick<Clock, 'after'>;
  /** How long the feedback may differ from the output, ms. */
  readonly lagMs: number;
  /** Called when the fault is another one than before, the first null included. */
  readonly onFault: (fault: FeedbackFault | null) => void;
}

/**
 * Compares an output with the input that says whether its load is on. What differs for longer than the feedback may
 * lag is a fault, and over as soon as both agree; whoever is told decides whether it is latched.
 */
export class Feedback {
  readonly #parts: FeedbackParts;
  #fault: FeedbackFault | null | undefined;
  /** The fault there will be unless something changes. */
  #coming: { readonly fault: FeedbackFault; readonly cancel: () => void } | null = null;

  constructor(parts: FeedbackParts) {
    this.#parts = parts;
  }

  /** Undefined: not known yet. */
  get fault(): FeedbackFault | null | undefined {
    return this.#fault;
  }

  /** @param isOn what the output is, and `isActive` what its feedback says; null: not known. */
  compare(isOn: boolean | null, isActive: boolean | null): void {
    if (isOn === null || isActive === null) {
      this.stop();
      return;
    }
    if (isOn === isActive) {
      this.stop();
      this.#become(null);
      return;
    }
    const fault = isOn ? 'silent' : 'welded';
    if (this.#coming?.fault === fault) return;
    this.stop();
    if (this.#fault === fault) return;
    const { clock, lagMs } = this.#parts;
    const cancel = clock.after(lagMs, () => {
      this.#coming = null;
      this.#become(fault);
    });
    this.#coming = { fault, cancel };
  }

  stop(): void {
    this.#coming?.cancel();
    this.#coming = null;
  }

  #become(fault: FeedbackFault | null): void {
    if (this.#fault === fault) return;
    this.#fault = fault;
    this.#parts.onFault(fault);
  }
}
