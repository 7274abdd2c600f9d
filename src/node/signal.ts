/** Lets many wait for the next time that something happens; nothing is remembered for those who come later. */
export class Signal {
  #next = Promise.withResolvers<void>();

  fire(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers<void>();
    resolve();
  }

  /** Resolves at the next `fire`. */
  next(): Promise<void> {
    return this.#next.promise;
  }
}
