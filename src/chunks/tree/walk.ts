import { CodedError } from '../../base/errors.ts';
import { TREE_DEPTH_MAX, TREE_ENTRIES_MAX } from '../../base/limits-chunks.ts';
import type { Fetch } from '../blob-reader.ts';
import { type Directory, entriesIn } from './content.ts';
import type { Entry } from './entry.ts';
import { comparePaths, pathOf } from './names.ts';

/** An entry, and where it lies in its tree: names from the root with a `/` between them. */
export interface PlacedEntry {
  readonly path: Uint8Array;
  readonly entry: Entry;
}

/**
 * All that lies under a directory: each directory, what lies in it, then what comes after it. Holds one chunk of each
 * directory on the way down. The root itself is not told.
 * @throws tree_deep, tree_large, hardlink_form; chunk_missing, chunk_rotten, list_form, entry_form, directory_form.
 */
export async function* walkTree(root: Directory, fetch: Fetch): AsyncGenerator<PlacedEntry> {
  const open: { readonly path: Uint8Array; readonly entries: AsyncGenerator<Entry> }[] = [];
  open.push({ path: new Uint8Array(), entries: entriesIn(root, fetch) });
  let count = 0;
  for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
    const { value: entry, done } = await folder.entries.next();
    if (done === true) {
      open.pop();
      continue;
    }
    count += 1;
    if (count > TREE_ENTRIES_MAX) throw new CodedError('tree_large', `a tree of over ${TREE_ENTRIES_MAX} entries`);
    if (open.length > TREE_DEPTH_MAX) throw deepError();
    const path = pathOf(folder.path, entry.name);
    if (entry.kind === 'hardlink' && comparePaths(entry.to, path) >= 0) throw linkError(path, entry.to);
    yield { path, entry };
    if (entry.kind === 'directory') open.push({ path, entries: entriesIn(entry, fetch) });
  }
}

export function deepError(): CodedError {
  return new CodedError('tree_deep', `a tree with directories over ${TREE_DEPTH_MAX} deep`);
}

export function linkError(path: Uint8Array, to: Uint8Array): CodedError {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
  return new CodedError('hardlink_form', 'a hard link names no file that comes before it', {
    fields: { path: text(path), to: text(to) },
  });
}
