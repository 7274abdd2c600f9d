import type { Played } from './play.ts';

/** How often each step came to each end, over many histories. */
export class Tally {
  steps = 0;
  readonly #counts = new Map<string, number>();

  add({ told }: Played): void {
    for (const { label, code } of told) {
      this.steps += 1;
      const name = `${label} ${code}`;
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    }
  }

  count(label: string, code: string): number {
    return this.#counts.get(`${label} ${code}`) ?? 0;
  }

  /** The ends that steps of this label came to. */
  codes(label: string): readonly string[] {
    return [...this.#counts.keys()]
      .filter((name) => name.startsWith(`${label} `))
      .map((name) => name.slice(label.length + 1));
  }

  /** Of the entries, those that were accepted; 0 to 1. */
  get accepted(): number {
    let [accepted, entries] = [0, 0];
    for (const [name, count] of this.#counts) {
      if (!name.startsWith('apply ')) continue;
      entries += count;
      if (name.endsWith(' ok')) accepted += count;
    }
    return accepted / Math.max(1, entries);
  }

  /** By `apply kind code` and `query dapp.name code`, in the order of the alphabet. */
  toJSON(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
