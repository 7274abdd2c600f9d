import type { Entry } from '../chunks/tree/entry.ts';
import type { FoundEntry } from './found.ts';

/** The entry of what is neither a file nor a directory; null for a link whose target could not be read. */
export function specialEntry({ name, kind, meta, major, minor, target }: FoundEntry): Entry | null {
  if (kind === 'symlink') return target.length === 0 ? null : { name, kind, meta, target };
  if (kind === 'character' || kind === 'block') return { name, kind, meta, major, minor };
  return { name, kind: 'fifo', meta };
}
