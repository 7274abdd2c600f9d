import { compareBytes, equalBytes } from '../../base/bytes.ts';
import type { Fetch } from '../blob-reader.ts';
import { type Directory, entriesIn } from './content.ts';
import type { Entry } from './entry.ts';

/** Reads a directory by rising names; one that lies behind begins it anew. Holds one chunk of it. */
export class DirectoryCursor {
  readonly #open: () => AsyncGenerator<Entry>;
  #entries: AsyncGenerator<Entry>;
  /** The last name that was passed, and the entry that came after it; null at the beginning and at the end. */
  #passed: Uint8Array | null = null;
  #next: Entry | null = null;
  #hasBegun = false;

  constructor(directory: Directory, fetch: Fetch) {
    this.#open = () => entriesIn(directory, fetch);
    this.#entries = this.#open();
  }

  async find(name: Uint8Array): Promise<Entry | null> {
    if (this.#passed !== null && compareBytes(name, this.#passed) <= 0) this.#restart();
    if (!this.#hasBegun) await this.#advance();
    while (this.#next !== null && compareBytes(this.#next.name, name) < 0) {
      this.#passed = this.#next.name;
      await this.#advance();
    }
    return this.#next !== null && equalBytes(this.#next.name, name) ? this.#next : null;
  }

  async #advance(): Promise<void> {
    this.#hasBegun = true;
    const { value, done } = await this.#entries.next();
    this.#next = done === true ? null : value;
  }

  #restart(): void {
    this.#entries = this.#open();
    this.#passed = null;
    this.#next = null;
    this.#hasBegun = false;
  }
}
