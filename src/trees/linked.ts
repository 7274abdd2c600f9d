import { TREES_LINKED_MAX } from '../base/limits-chunks.ts';
import type { HardLink } from '../chunks/tree/entry.ts';
import type { FoundEntry } from './found.ts';

/** Files that have several names, while not all of these were found: what each was called first. */
export class Linked {
  readonly #first = new Map<string, { readonly path: Uint8Array; left: number }>();

  /** @returns null when it has not been found yet. */
  firstPath(entry: FoundEntry): Uint8Array | null {
    const key = keyOf(entry);
    const known = this.#first.get(key);
    if (known === undefined) return null;
    known.left -= 1;
    if (known.left === 0) this.#first.delete(key);
    return known.path;
  }

  /** @returns false when there are too many to remember. */
  note(entry: FoundEntry, path: Uint8Array): boolean {
    if (entry.links < 2) return true;
    if (this.#first.size === TREES_LINKED_MAX) return false;
    this.#first.set(keyOf(entry), { path: Uint8Array.from(path), left: entry.links - 1 });
    return true;
  }
}

export function isLinked({ kind, links }: FoundEntry): boolean {
  return kind !== 'directory' && links > 1;
}

/** The same for all names of a file. */
export function keyOf({ look }: FoundEntry): string {
  return `${look.device}:${look.inode}`;
}

export function hardLink({ name }: FoundEntry, to: Uint8Array): HardLink & { readonly name: Uint8Array } {
  return { name, kind: 'hardlink', to };
}
