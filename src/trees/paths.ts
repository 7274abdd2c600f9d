const SLASH = Buffer.from('/');

/** @param path from the root of the tree; empty for the root itself. */
export function pathTo(path: Uint8Array, name: Uint8Array): Uint8Array {
  return path.length === 0 ? name : Buffer.concat([path, SLASH, name]);
}

/** Whether `a` comes before `b` as one walks the tree, by the bytes of the names, each directory before what is in it. */
export function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a[at] === b[at]) at += 1;
  return rank(a, at) < rank(b, at);
}

/** The end of a path comes first, then a slash, then all other bytes. */
function rank(path: Uint8Array, at: number): number {
  const byte = path[at];
  if (byte === undefined) return -2;
  return byte === SLASH[0] ? -1 : byte;
}
