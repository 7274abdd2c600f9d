import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { PRESENTATIONS_AWAITED_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { HashedView } from './hashed-views.ts';

interface Waiter {
  readonly reader: string;
  readonly view: HashedView;
  readonly extra: JsonObject;
  readonly resolve: (event: string | null) => void;
}

/** Whoever waits for a card at a reader; each presentation is given to one of them, the first that waits for it. */
export class Presentations {
  readonly #waiters = new Set<Waiter>();

  /** To be called for each badge event. @returns what its agent is to hear: the payload, with what its waiter adds. */
  publish(reader: string, payload: JsonObject): JsonObject {
    const { event, credential } = payload;
    const views = isJsonObject(credential) && Array.isArray(credential.views) ? credential.views : [];
    for (const waiter of this.#waiters) {
      if (waiter.reader !== reader || !views.some((view: Json) => isSame(view, waiter.view))) continue;
      waiter.resolve(String(event));
      return { ...payload, ...waiter.extra };
    }
    return payload;
  }

  /** Whoever waits is told that nothing comes. */
  close(): void {
    for (const waiter of this.#waiters) waiter.resolve(null);
  }

  /**
   * Resolves with the id of the event in which the card with `view` was next held to `reader`, or null after `waitMs`
   * or when this is closed. That presentation alone carries `extra` besides: what is typed at a keypad.
   * @throws badge_test_busy when PRESENTATIONS_AWAITED_MAX wait already.
   */
  next(reader: string, view: HashedView, clock: Clock, waitMs: number, extra: JsonObject = {}): Promise<string | null> {
    if (this.#waiters.size >= PRESENTATIONS_AWAITED_MAX) {
      throw new CodedError('badge_test_busy', `${PRESENTATIONS_AWAITED_MAX} badge tests are running`, {
        advice: 'Wait until one of them has ended.',
      });
    }
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const waiter = { reader, view, extra, resolve: (event: string | null) => end(event) };
    const end = (event: string | null) => {
      cancel();
      this.#waiters.delete(waiter);
      resolve(event);
    };
    const cancel = clock.after(waitMs, () => end(null));
    this.#waiters.add(waiter);
    return promise;
  }
}

function isSame(view: Json, { epoch, bits, hash }: HashedView): boolean {
  return isJsonObject(view) && view.hash === hash && view.bits === bits && view.epoch === epoch;
}
