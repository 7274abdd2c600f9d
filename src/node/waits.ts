import type { EntryPlace, WaitingEntry } from '../store/fold-commit.ts';

/** The entries that wait for their dapps, as the store has them. */
export class Waits {
  readonly #entries = new Map<string, WaitingEntry>();
  /** Dapp → how many of its entries wait. */
  readonly #counts = new Map<string, number>();

  /** @param entries in order of arrival. */
  constructor(entries: readonly WaitingEntry[]) {
    this.take([], entries);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** In order of arrival: whoever fails again keeps its place, and who is new came later. */
  all(): readonly WaitingEntry[] {
    return [...this.#entries.values()];
  }

  dapps(): Iterable<string> {
    return this.#counts.keys();
  }

  /** Takes note of what a run has made lasting. */
  take(played: readonly EntryPlace[], waiting: readonly WaitingEntry[]): void {
    for (const place of played) {
      const entry = this.#entries.get(nameOf(place));
      if (entry === undefined) continue;
      this.#entries.delete(nameOf(place));
      this.#count(entry.dapp, -1);
    }
    for (const entry of waiting) {
      if (!this.#entries.has(nameOf(entry))) this.#count(entry.dapp, 1);
      this.#entries.set(nameOf(entry), entry);
    }
  }

  #count(dapp: string, change: number): void {
    const count = (this.#counts.get(dapp) ?? 0) + change;
    if (count === 0) this.#counts.delete(dapp);
    else this.#counts.set(dapp, count);
  }
}

function nameOf({ arrival, index }: EntryPlace): string {
  return `${arrival}/${index}`;
}
