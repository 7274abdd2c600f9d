import type { LentFolder } from './lent-folder.ts';

/** A directory whose large files are read here: opened when the first of them is asked for. To be closed. */
export class FilesFolder {
  readonly path: Uint8Array;
  readonly #lend: () => LentFolder | null;
  #lent: LentFolder | null = null;
  #wasAsked = false;

  /** @param path from the root. */
  constructor(path: Uint8Array, lend: () => LentFolder | null) {
    this.path = path;
    this.#lend = lend;
  }

  /** @returns null where that cannot be. */
  open(): LentFolder | null {
    if (!this.#wasAsked) this.#lent = this.#lend();
    this.#wasAsked = true;
    return this.#lent;
  }

  close(): void {
    this.#lent?.close();
  }
}
