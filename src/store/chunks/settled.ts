import { IMPORT_KNOWN_MAX } from '../../base/limits-chunks.ts';

/** Digests that an import need not think of again: at least the last IMPORT_KNOWN_MAX of them, at most twice as many. */
export class Settled {
  #young = new Set<string>();
  #old = new Set<string>();

  has(key: string): boolean {
    if (this.#young.has(key)) return true;
    if (!this.#old.has(key)) return false;
    this.add(key);
    return true;
  }

  add(key: string): void {
    this.#young.add(key);
    if (this.#young.size < IMPORT_KNOWN_MAX) return;
    this.#old = this.#young;
    this.#young = new Set();
  }
}

export function keyOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('latin1');
}
