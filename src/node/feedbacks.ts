import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/ports.ts';
import type { Config } from './config.ts';
import type { OutputConfig } from './config-outputs.ts';
import { Feedback, type FeedbackFault } from './feedback.ts';

interface FeedbacksParts {
  readonly clock: Pick<Clock, 'after'>;
  readonly onFault: (output: string, fault: FeedbackFault | null) => void;
}

interface Watched {
  readonly settings: OutputConfig;
  readonly input: string;
  readonly feedback: Feedback;
}

/** The feedback of each output that has one. */
export class Feedbacks {
  readonly #parts: FeedbacksParts;
  #watched: ReadonlyMap<string, Watched> = new Map();

  constructor(parts: FeedbacksParts) {
    this.#parts = parts;
  }

  /** Takes up other outputs; of one that is unchanged what was seen stays. */
  take(outputs: Config['output']): void {
    const before = this.#watched;
    const after = new Map<string, Watched>();
    for (const [name, settings] of Object.entries(outputs)) {
      const { feedback: input, feedback_ms: lagMs } = settings;
      if (input === undefined) continue;
      const kept = before.get(name);
      if (kept !== undefined && isDeepStrictEqual(kept.settings, settings)) after.set(name, kept);
      else {
        const onFault = (fault: FeedbackFault | null) => this.#parts.onFault(name, fault);
        after.set(name, { settings, input, feedback: new Feedback({ clock: this.#parts.clock, lagMs, onFault }) });
      }
    }
    for (const [name, { feedback }] of before) if (after.get(name)?.feedback !== feedback) feedback.stop();
    this.#watched = after;
  }

  /** @param isOn of an output, and `isActive` of an input; null: not known. */
  compareAll(isOn: (output: string) => boolean | null, isActive: (input: string) => boolean | null): void {
    for (const [output, { input, feedback }] of this.#watched) feedback.compare(isOn(output), isActive(input));
  }

  /** What the feedback of an output shows; null where it has none, undefined where that is not known yet. */
  faultOf(output: string): FeedbackFault | null | undefined {
    const watched = this.#watched.get(output);
    return watched === undefined ? null : watched.feedback.fault;
  }

  /** Outputs whose feedback shows a fault. */
  faults(): readonly { readonly output: string; readonly fault: FeedbackFault }[] {
    return [...this.#watched].flatMap(([output, { feedback }]) => {
      const { fault = null } = feedback;
      return fault === null ? [] : [{ output, fault }];
    });
  }

  stop(): void {
    for (const { feedback } of this.#watched.values()) feedback.stop();
  }
}
