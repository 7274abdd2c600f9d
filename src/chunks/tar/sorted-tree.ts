import { equalBytes } from '../../base/bytes.ts';
import type { ContentWriters } from '../content-writers.ts';
import { TreeBuilder } from '../tree/builder.ts';
import type { Meta } from '../tree/entry.ts';
import { decodeEntry } from '../tree/entry-code.ts';
import type { RootDirectory } from '../tree/snapshot.ts';
import { shown, tarError } from './error.ts';
import { namesOfKey, pathOfKey } from './member-path.ts';
import type { ShelfRow } from './shelf.ts';

/** Of directories that an archive only names in the paths of others. */
const UNTOLD: Meta = { mode: 0o755, uid: 0, gid: 0, modified: { seconds: 0, nanoseconds: 0 }, attributes: [] };

/**
 * The tree of all rows, which come sorted.
 * @param wrote is told how many bytes of entries were written, and awaited.
 * @throws tar_not_directory, entry_large.
 */
export async function sortedTree(
  rows: Iterable<ShelfRow>,
  writers: ContentWriters,
  wrote: (bytes: number) => Promise<void>,
): Promise<RootDirectory> {
  const tree = new SortedTree(writers);
  for (const row of rows) await wrote(tree.add(row));
  return tree.end();
}

class SortedTree {
  readonly #writers: ContentWriters;
  /** There once the first row has come: it may be the root's own. */
  #builder: TreeBuilder | null = null;
  /** Names of the directories that are open. */
  readonly #open: Uint8Array[] = [];
  /** The path of the last entry, where that was no directory. */
  #closed: readonly Uint8Array[] | null = null;

  constructor(writers: ContentWriters) {
    this.#writers = writers;
  }

  /** @returns bytes of entries that were written by this. */
  add({ key, entry: bytes, first }: ShelfRow): number {
    const entry = decodeEntry(bytes);
    const names = namesOfKey(key);
    const name = names.at(-1);
    if (name === undefined) {
      if (entry.kind === 'directory') this.#builder = new TreeBuilder(this.#writers, entry.meta);
      return 0;
    }
    const builder = this.#started();
    const from = builder.bytes;
    this.#goTo(names.slice(0, -1), builder, key);
    if (entry.kind === 'directory') {
      this.#enter(name, entry.meta, builder);
    } else {
      builder.add(isOtherName(first, key) ? { name, kind: 'hardlink', to: pathOfKey(first) } : { ...entry, name });
      this.#closed = names;
    }
    return builder.bytes - from;
  }

  end(): RootDirectory {
    const builder = this.#started();
    this.#leave(0, builder);
    return builder.end();
  }

  #started(): TreeBuilder {
    this.#builder ??= new TreeBuilder(this.#writers, UNTOLD);
    return this.#builder;
  }

  #goTo(folder: readonly Uint8Array[], builder: TreeBuilder, key: Uint8Array): void {
    const closed = this.#closed;
    if (closed !== null && closed.length <= folder.length && common(closed, folder) === closed.length) {
      throw tarError('tar_not_directory', `a member lies in what is no directory: ${shown(pathOfKey(key))}`, {
        path: shown(pathOfKey(key)),
      });
    }
    this.#leave(common(this.#open, folder), builder);
    for (const name of folder.slice(this.#open.length)) this.#enter(name, UNTOLD, builder);
  }

  #enter(name: Uint8Array, meta: Meta, builder: TreeBuilder): void {
    builder.enter(name, meta);
    this.#open.push(name);
    this.#closed = null;
  }

  #leave(depth: number, builder: TreeBuilder): void {
    while (this.#open.length > depth) {
      builder.leave();
      this.#open.pop();
    }
  }
}

function isOtherName(first: Uint8Array | null, key: Uint8Array): first is Uint8Array {
  return first !== null && !equalBytes(first, key);
}

/** How many names both paths begin with. */
function common(a: readonly Uint8Array[], b: readonly Uint8Array[]): number {
  const end = a.findIndex((name, depth) => {
    const other = b[depth];
    return other === undefined || !equalBytes(name, other);
  });
  return end === -1 ? a.length : end;
}
