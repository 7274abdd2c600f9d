import { equalBytes } from '../../base/bytes.ts';
import { CodedError } from '../../base/errors.ts';
import type { Fetch } from '../blob-reader.ts';
import type { Directory } from './content.ts';
import { DirectoryCursor } from './directory-cursor.ts';
import type { Entry, HardLink } from './entry.ts';
import { namesOf } from './names.ts';
import { linkError, type PlacedEntry } from './walk.ts';

interface Folder {
  readonly name: Uint8Array;
  readonly cursor: DirectoryCursor;
}

/**
 * Finds entries by their paths: of each directory on the way it reads what comes before the name, and of paths that are
 * asked for in the order of the tree it reads nothing twice. Holds one chunk of each directory on the way.
 */
export class PathFinder {
  readonly #fetch: Fetch;
  readonly #folders: Folder[];

  constructor(root: Directory, fetch: Fetch) {
    this.#fetch = fetch;
    this.#folders = [{ name: new Uint8Array(), cursor: new DirectoryCursor(root, fetch) }];
  }

  /** @throws bad_tree_path; chunk_missing, chunk_rotten, list_form, entry_form, directory_form. */
  async find(path: Uint8Array): Promise<Entry | null> {
    const names = namesOf(path);
    if (names === null) {
      throw new CodedError('bad_tree_path', `not a path in a tree: ${Buffer.from(path).toString().slice(0, 255)}`, {
        advice:
          'Names from the root of the tree with a slash between them, without . and .., as a listing prints them.',
      });
    }
    let found: Entry | null = null;
    for (const [depth, name] of names.entries()) {
      if (depth > 0 && found?.kind !== 'directory') return null;
      const folder = this.#folders[depth] ?? null;
      if (folder === null) return null;
      found = await folder.cursor.find(name);
      if (found?.kind === 'directory') this.#descend(depth + 1, found);
    }
    return found;
  }

  /**
   * What a hard link is another name of.
   * @throws hardlink_form when that is no file; as `find`.
   */
  async fileOf({ path, entry }: PlacedEntry): Promise<Exclude<Entry, HardLink>> {
    if (entry.kind !== 'hardlink') return entry;
    const file = await this.find(entry.to);
    if (file === null || file.kind === 'hardlink' || file.kind === 'directory') throw linkError(path, entry.to);
    return file;
  }

  #descend(depth: number, { name, content }: Directory & { readonly name: Uint8Array }): void {
    const open = this.#folders[depth];
    if (open !== undefined && equalBytes(open.name, name)) return;
    this.#folders.length = depth;
    this.#folders.push({ name, cursor: new DirectoryCursor({ content }, this.#fetch) });
  }
}
