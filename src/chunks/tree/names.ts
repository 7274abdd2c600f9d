import { concat } from '../../base/bytes.ts';
import { NAME_IN_TREE_BYTES_MAX, TREE_DEPTH_MAX } from '../../base/limits-chunks.ts';

const SLASH = 0x2f;
const DOT = 0x2e;

/** Whether `name` can be that of a file in a directory: never a way out of it. */
export function isName(name: Uint8Array): boolean {
  if (name.length === 0 || name.length > NAME_IN_TREE_BYTES_MAX) return false;
  if (name.includes(SLASH) || name.includes(0)) return false;
  return !(name[0] === DOT && (name.length === 1 || (name.length === 2 && name[1] === DOT)));
}

/** The names of a path, or null where one of them is none. */
export function namesOf(path: Uint8Array): readonly Uint8Array[] | null {
  const names: Uint8Array[] = [];
  for (let from = 0; from <= path.length; ) {
    const found = path.indexOf(SLASH, from);
    const to = found === -1 ? path.length : found;
    names.push(path.subarray(from, to));
    from = to + 1;
    if (names.length > TREE_DEPTH_MAX) return null;
  }
  return names.every(isName) ? names : null;
}

/** @param folder the empty path: the root of the tree. */
export function pathOf(folder: Uint8Array, name: Uint8Array): Uint8Array {
  return folder.length === 0 ? name : concat(folder, Uint8Array.of(SLASH), name);
}

/** The order in which a tree is walked: a directory, what lies in it, then what comes after its name. */
export function comparePaths(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [left, right] = [a[at] ?? 0, b[at] ?? 0];
    // No name holds a zero: so the slash comes before every other byte.
    if (left !== right) return (left === SLASH ? 0 : left) - (right === SLASH ? 0 : right);
  }
  return a.length - b.length;
}
