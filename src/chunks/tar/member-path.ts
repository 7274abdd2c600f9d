import { TREE_DEPTH_MAX } from '../../base/limits-chunks.ts';
import { isName } from '../tree/names.ts';
import { shown, tarError } from './error.ts';

/**
 * Paths on the shelf: names with a zero between them, so that the order of the bytes is that of a walk. The root has no
 * bytes.
 */

const SLASH = 0x2f;
const ZERO = 0;
const DOT = Uint8Array.of(0x2e);

/**
 * Where a member lies, from the root of the tree: without slashes before, after and among the names, and without dots that
 * stay where they are, as GNU tar has it.
 * @throws tar_path for one that leads out, or is none.
 */
export function keyOfMember(path: Uint8Array): Uint8Array {
  const names = split(path, SLASH).filter((name) => name.length > 0 && Buffer.compare(name, DOT) !== 0);
  if (path.length === 0) throw tarError('tar_path', 'a member has no name');
  const wrong = names.find((name) => !isName(name));
  if (wrong !== undefined) {
    throw tarError('tar_path', `a member has a name that leads out of the tree, or is none: ${shown(path)}`, {
      path: shown(path),
    });
  }
  if (names.length > TREE_DEPTH_MAX) {
    throw tarError('tar_path', `a member lies over ${TREE_DEPTH_MAX} directories deep`, { path: shown(path) });
  }
  return joined(names, ZERO);
}

export function namesOfKey(key: Uint8Array): readonly Uint8Array[] {
  return key.length === 0 ? [] : split(key, ZERO);
}

export function pathOfKey(key: Uint8Array): Uint8Array {
  return joined(namesOfKey(key), SLASH);
}

function split(path: Uint8Array, at: number): readonly Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let from = 0; from <= path.length; ) {
    const found = path.indexOf(at, from);
    const to = found === -1 ? path.length : found;
    names.push(path.subarray(from, to));
    from = to + 1;
  }
  return names;
}

function joined(names: readonly Uint8Array[], between: number): Uint8Array {
  const separator = Uint8Array.of(between);
  return Buffer.concat(names.flatMap((name, index) => (index === 0 ? [name] : [separator, name])));
}
