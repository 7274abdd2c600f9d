import type { Json } from '../base/json.ts';
import { compareKeys, SortedKeys } from './sorted-keys.ts';
import type { StatePage, StateReader, StateRow, StateWrite } from './state.ts';

/** State with nothing in it, to fold anew from the first block. */
export const EMPTY_STATE: StateReader = {
  read: () => null,
  scan: () => ({ rows: [], more: false }),
};

/** What changed in one dapp's state, and the changed keys in order: a check of a ledger lays its whole history over. */
class Changes {
  readonly values = new Map<string, Json | null>();
  readonly #keys = new SortedKeys();

  set(key: string, value: Json | null): void {
    if (!this.values.has(key)) this.#keys.add(key);
    this.values.set(key, value);
  }

  *under(prefix: string, after: string | null): Generator<StateWrite> {
    const first = after !== null && compareKeys(after, prefix) > 0 ? after : prefix;
    for (const key of this.#keys.from(first)) {
      if (!key.startsWith(prefix)) return;
      if (key !== after) yield { key, value: this.values.get(key) ?? null };
    }
  }
}

/** Changes laid over a state that stays as it is, read as if they were already made. */
export class StateOverlay implements StateReader {
  readonly #base: StateReader;
  readonly #changes = new Map<string, Changes>();

  constructor(base: StateReader) {
    this.#base = base;
  }

  apply(dapp: string, writes: readonly StateWrite[]): void {
    let changes = this.#changes.get(dapp);
    if (changes === undefined) {
      changes = new Changes();
      this.#changes.set(dapp, changes);
    }
    for (const { key, value } of writes) changes.set(key, value);
  }

  read(dapp: string, key: string): Json | null {
    const changed = this.#changes.get(dapp)?.values.get(key);
    return changed === undefined ? this.#base.read(dapp, key) : changed;
  }

  scan(dapp: string, prefix: string, after: string | null, limit: number): StatePage {
    const changes = this.#changes.get(dapp) ?? new Changes();
    const base = this.#baseRows(dapp, prefix, after, limit + 1, changes.values);
    const rows = [...merge(changes.under(prefix, after), base, limit + 1)];
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  /** Every change made, by dapp; for whoever makes them last. */
  *changes(): Generator<{ readonly dapp: string; readonly writes: readonly StateWrite[] }> {
    for (const [dapp, changes] of this.#changes) {
      yield { dapp, writes: [...changes.values].map(([key, value]) => ({ key, value })) };
    }
  }

  *#baseRows(
    dapp: string,
    prefix: string,
    after: string | null,
    pageRows: number,
    changes: ReadonlyMap<string, Json | null>,
  ): Generator<StateRow> {
    let from = after;
    for (;;) {
      const page = this.#base.scan(dapp, prefix, from, pageRows);
      for (const row of page.rows) if (!changes.has(row.key)) yield row;
      if (!page.more) return;
      from = page.rows.at(-1)?.key ?? null;
    }
  }
}

/** Two ordered streams without a key in common, as one; removed keys (null) are left out. */
function* merge(own: Iterable<StateWrite>, base: Iterator<StateRow>, limit: number): Generator<StateRow> {
  let below = base.next();
  let given = 0;
  for (const { key, value } of own) {
    while (!below.done && compareKeys(below.value.key, key) < 0 && given < limit) {
      yield below.value;
      given += 1;
      below = base.next();
    }
    if (given >= limit) return;
    if (value === null) continue;
    yield { key, value };
    given += 1;
  }
  while (!below.done && given < limit) {
    yield below.value;
    given += 1;
    below = base.next();
  }
}
