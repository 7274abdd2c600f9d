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
