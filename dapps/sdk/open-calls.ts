import type { Json } from './json.ts';
import { CALLS_PENDING_MAX, CALLS_QUEUED_MAX } from './limits.ts';

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

/** Calls to the node: as many open as it takes at once, the others in line, in order. */
export class OpenCalls {
  readonly #send: (line: string) => void;
  readonly #open = new Map<number, Waiting>();
  readonly #queued: Call[] = [];

  constructor(send: (line: string) => void) {
    this.#send = send;
  }

  get isFull(): boolean {
    return this.#queued.length >= CALLS_QUEUED_MAX;
  }

  add(call: Call): void {
    this.#queued.push(call);
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
    while (this.#open.size < CALLS_PENDING_MAX) {
      const next = this.#queued.shift();
      if (next === undefined) return;
      this.#open.set(next.id, next.waiting);
      this.#send(next.line);
    }
  }
}
