import type { JsonObject } from '../base/json.ts';
import { CHANGED_KEYS_MAX, LINE_BYTES_MAX } from '../base/limits.ts';

/**
 * Changes of state that an agent has not been told of yet, one line for each dapp. What comes while the agent does
 * not read is joined, so that a long sync never fills memory and never ends an agent. A dapp with too many changed
 * keys is told without them: `keys` is then empty and anything may have changed.
 */
export class ChangedQueue {
  readonly #keys = new Map<string, Set<string>>();

  add(dapp: string, keys: readonly string[]): void {
    const joined = this.#keys.get(dapp);
    // An empty set that waits says already that anything may have changed.
    if (joined?.size === 0) return;
    const all = new Set([...(joined ?? []), ...keys]);
    this.#keys.set(dapp, keys.length === 0 || all.size > CHANGED_KEYS_MAX ? new Set() : all);
  }

  /** Hands each dapp's changes to `send` and forgets them; stops early once `send` returns false. */
  flush(send: (params: JsonObject) => boolean): void {
    for (const [dapp, keys] of this.#keys) {
      this.#keys.delete(dapp);
      const params = { dapp, keys: [...keys].sort() };
      const fits = Buffer.byteLength(JSON.stringify(params)) < LINE_BYTES_MAX / 2;
      if (!send(fits ? params : { dapp, keys: [] })) return;
    }
  }

  clear(): void {
    this.#keys.clear();
  }
}
