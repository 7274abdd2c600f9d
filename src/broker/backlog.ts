import {
  BROKER_OUTGOING_ALL_BYTES_MAX,
  BROKER_OUTGOING_BYTES_MAX,
  BROKER_OUTGOING_SHARE_BYTES_MAX,
} from '../base/limits.ts';

/** Bytes that wait in this process because clients do not take them: of each, and of all together. */
export class Backlog {
  readonly #of = new Map<object, number>();
  #all = 0;

  /**
   * Notes what waits for a client now; 0 when it has gone.
   * @returns whether it waits for too much: by itself, or, while all together do, for more than its share.
   */
  isTooMuch(client: object, bytes: number): boolean {
    this.#all += bytes - (this.#of.get(client) ?? 0);
    if (bytes > 0) this.#of.set(client, bytes);
    else this.#of.delete(client);
    if (bytes > BROKER_OUTGOING_BYTES_MAX) return true;
    return this.#all > BROKER_OUTGOING_ALL_BYTES_MAX && bytes > BROKER_OUTGOING_SHARE_BYTES_MAX;
  }
}
