import { codeOf, messageOf } from '../../base/errors.ts';
import type { Log } from '../../sandbox/log.ts';

/** Runs tasks one after the other. One that fails is logged, and the next runs all the same. */
export class TaskQueue {
  readonly #name: string;
  readonly #max: number;
  readonly #log: Log;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @param name what the tasks do, for the log. @param max how many may wait, the one that runs included. */
  constructor(name: string, max: number, log: Log) {
    this.#name = name;
    this.#max = max;
    this.#log = log;
  }

  /** Adds a task; over the cap it is dropped and logged. */
  add(task: () => Promise<void>): void {
    if (this.#waiting >= this.#max) {
      this.#log.warn({ code: 'queue_full' }, `${this.#name}: ${this.#max} wait already, one more is dropped`);
      return;
    }
    this.#waiting += 1;
    this.#last = this.#last
      .then(task)
      .catch((error: unknown) => this.#log.warn({ code: codeOf(error) }, `${this.#name}: ${messageOf(error)}`))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Resolves when what was added so far has run. */
  settled(): Promise<void> {
    return this.#last;
  }
}
