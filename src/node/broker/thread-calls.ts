import { CodedError } from '../../base/errors.ts';
import { BROKER_CALLS_MAX } from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly cancel: () => void;
}

export function brokerDown(why: string): CodedError {
  return new CodedError('broker_down', `the MQTT broker of this node does not run: ${why}`, {
    advice: 'See [broker] in blockmesh.toml, and `blockmesh status` for what is wrong with it.',
  });
}

/** Questions to another thread that wait for their answer: so many, so long. */
export class ThreadCalls {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Asks one. @param ask sends it, with the number that its answer will have. @param name for whoever reads why.
   * @throws broker_busy, broker_deaf; with what it is answered or ended.
   */
  async ask(name: string, waitMs: number, ask: (id: number) => void): Promise<unknown> {
    if (this.#waiting.size >= BROKER_CALLS_MAX) {
      throw new CodedError('broker_busy', `${BROKER_CALLS_MAX} questions to the broker wait already (${name})`, {
        advice: 'See `blockmesh status` for who keeps the broker busy; it goes on by itself.',
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#last += 1;
    const id = this.#last;
    const cancel = this.#clock.after(waitMs, () => {
      this.#waiting.delete(id);
      const advice = 'See `blockmesh status` for who keeps the broker busy.';
      reject(new CodedError('broker_deaf', `the broker does not answer within ${waitMs} ms (${name})`, { advice }));
    });
    this.#waiting.set(id, { resolve, reject, cancel });
    ask(id);
    return await promise;
  }

  /** An answer that comes too late is nobody's. */
  answer(id: number, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  refuse(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  refuseAll(error: Error): void {
    for (const id of [...this.#waiting.keys()]) this.refuse(id, error);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.cancel();
    return waiting;
  }
}
