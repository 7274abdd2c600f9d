import { compareBytes, utf8 } from '../base/bytes.ts';
import type { Json } from '../base/json.ts';
import type { StatePage, StateReader, StateRow, StateWrite } from './state.ts';

/** State with nothing in it, to fold anew from the first block. */
export const EMPTY_STATE: StateReader = {
  read: () => null,
  scan: () => ({ rows: [], more: false }),
};

/** Changes laid over a state that stays as it is, read as if they were already made. */
export class StateOverlay implements StateReader {
  readonly #base: StateReader;
  readonly #changes = new Map<string, Map<string, Json | null>>();

  constructor(base: StateReader) {
    this.#base = base;
  }

  apply(dapp: string, writes: readonly StateWrite[]): void {
    let changes = this.#changes.get(dapp);
    if (changes === undefined) {
      changes = new Map();
      this.#changes.set(dapp, changes);
    }
    for (const { key, value } of writes) changes.set(key, value);
  }

  read(dapp: string, key: string): Json | null {
    const changed = this.#changes.get(dapp)?.get(key);
    return changed === undefined ? this.#base.read(dapp, key) : changed;
  }

  scan(dapp: string, prefix: string, after: string | null, limit: number): StatePage {
    const changes = this.#changes.get(dapp) ?? new Map<string, Json | null>();
    const own = [...changes.entries()]
      .filter(([key]) => key.startsWith(prefix) && (after === null || compareKeys(key, after) > 0))
      .sort(([a], [b]) => compareKeys(a, b))
      .map(([key, value]) => ({ key, value }));
    const rows = [...merge(own, this.#baseRows(dapp, prefix, after, limit + 1, changes), limit + 1)];
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  /** Every change made, by dapp; for whoever makes them last. */
  *changes(): Generator<{ readonly dapp: string; readonly writes: readonly StateWrite[] }> {
    for (const [dapp, changes] of this.#changes) {
      yield { dapp, writes: [...changes].map(([key, value]) => ({ key, value })) };
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
function* merge(own: readonly StateWrite[], base: Iterator<StateRow>, limit: number): Generator<StateRow> {
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

function compareKeys(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b));
}
