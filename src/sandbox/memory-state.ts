import type { Json } from '../base/json.ts';
import type { StatePage, StateReader } from '../ledger/state.ts';
import type { StateWrite } from './apply-answer.ts';

/** State of several dapps in memory, for scripted tests. */
export class MemoryState implements StateReader {
  readonly #dapps = new Map<string, Map<string, Json>>();

  write(dapp: string, writes: readonly StateWrite[]): void {
    const state = this.#dapps.get(dapp) ?? new Map<string, Json>();
    this.#dapps.set(dapp, state);
    for (const { key, value } of writes) {
      if (value === null) state.delete(key);
      else state.set(key, value);
    }
  }

  read(dapp: string, key: string): Json {
    return this.#dapps.get(dapp)?.get(key) ?? null;
  }

  scan(dapp: string, prefix: string, after: string | null, limit: number): StatePage {
    const keys = [...(this.#dapps.get(dapp)?.keys() ?? [])]
      .filter((key) => key.startsWith(prefix) && (after === null || compareKeys(key, after) > 0))
      .sort(compareKeys);
    const rows = keys.slice(0, limit).map((key) => ({ key, value: this.read(dapp, key) }));
    return { rows, more: keys.length > limit };
  }
}

function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
