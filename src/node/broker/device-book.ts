import type { Device, DeviceBook } from '../../broker/devices.ts';
import type { RuleContext } from '../../broker/rules.ts';
import type { BookEntry } from './thread-messages.ts';

/** The devices of the ledger as the thread of the broker was told of them; as many as the ledger has. */
export class CopiedBook implements DeviceBook {
  readonly context: RuleContext;
  readonly #entries = new Map<string, BookEntry>();

  /** @param base `[broker] base`. */
  constructor(base: string, entries: readonly BookEntry[]) {
    for (const entry of entries) this.set(entry);
    this.context = { base, isOurs: (name) => this.#entries.get(name)?.isOurs === true };
  }

  find(name: string): Device | null {
    return this.#entries.get(name)?.device ?? null;
  }

  set(entry: BookEntry): void {
    if (entry.device === null) this.#entries.delete(entry.name);
    else this.#entries.set(entry.name, entry);
  }
}
