import type { Json } from './json.ts';
import { CALLS_PENDING_MAX, CALLS_QUEUED_MAX, CALLS_URGENT_KEPT } from './limits.ts';

/** Who waits for the answer to a call. */
export interface Waiting {
  readonly resolve: (result: Json) => void;
  readonly reject: (error: Error) => void;
}

interface Call {
  readonly id: number;
  readonly line: string;
  readonly waiting: Waiting;
}

/**
 * Calls to the node: as many open as it takes at once, the others in line, in order. Urgent ones go before all that
 * wait, and some places are theirs alone, so that no flood of others holds them up.
 */
export class OpenCalls {
  readonly #send: (line: string) => void;
  readonly #open = new Map<number, Waiting>();
  readonly #queued: Call[] = [];
  readonly #urgent: Call[] = [];

  constructor(send: (line: string) => void) {
    this.#send = send;
  }

  get isFull(): boolean {
    return this.#queued.length + this.#urgent.length >= CALLS_QUEUED_MAX;
  }

  add(call: Call, isUrgent: boolean): void {
    (isUrgent ? this.#urgent : this.#queued).push(call);
    this.#sendQueued();
  }

  /** Takes the call that was answered, and lets the next one go; undefined when none of this id is open. */
  settle(id: number): Waiting | undefined {
    const waiting = this.#open.get(id);
    this.#open.delete(id);
    this.#sendQueued();
    return waiting;
  }

  #sendQueued(): void {
    this.#sendFrom(this.#urgent, CALLS_PENDING_MAX);
    this.#sendFrom(this.#queued, CALLS_PENDING_MAX - CALLS_URGENT_KEPT);
  }

  #sendFrom(queue: Call[], openMax: number): void {
    while (this.#open.size < openMax) {
      const next = queue.shift();
      if (next === undefined) return;
      this.#open.set(next.id, next.waiting);
      this.#send(next.line);
    }
  }
}
