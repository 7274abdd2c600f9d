import type { CodedError } from '../base/errors.ts';
import type { Fetch } from './blob-reader.ts';
import type { Part } from './list.ts';

/** What hangs on a root, told piece by piece: parts before what names them. */
export type LiveItem =
  /** Contents. They are not asked for: whether they are here is for whoever listens to find out. */
  | { readonly kind: 'chunks'; readonly parts: readonly Part[]; readonly at: Place | null }
  /** All that hangs on this list was told, or was walked before; `isWhole` unless some of it could not be read. */
  | { readonly kind: 'list'; readonly digest: Uint8Array; readonly isWhole: boolean }
  /** The same of a directory, by the digest of the blob that its entries stand in; that blob was told besides. */
  | { readonly kind: 'tree'; readonly digest: Uint8Array; readonly isWhole: boolean }
  | { readonly kind: 'document'; readonly digest: Uint8Array; readonly isWhole: boolean }
  /** A list, directory or document that is missing, rotten or malformed: what hangs on it is not known. */
  | { readonly kind: 'unread'; readonly digest: Uint8Array; readonly error: CodedError; readonly at: Place | null };

/** Where in a tree something lies. */
export interface Place {
  readonly above: Place | null;
  readonly name: Uint8Array;
}

export interface LivePorts {
  readonly fetch: Fetch;
  /**
   * Whether all that hangs on a list or a directory was told before: then it is not told again. The digest alone does
   * not say so: a file may hold the very bytes of a list, and is then a chunk on which nothing hangs.
   */
  isWalked(kind: 'list' | 'tree', digest: Uint8Array): boolean;
}

/** From the root of the snapshot, names with a `/` between them. */
export function pathOf(place: Place): Buffer {
  const names: Uint8Array[] = [];
  for (let at: Place | null = place; at !== null; at = at.above) names.unshift(at.name);
  return Buffer.concat(names.flatMap((name, index) => (index === 0 ? [name] : [Buffer.from('/'), name])));
}

/** Of a list or a directory that was walked, for a set: 33 characters of one byte each. */
export function walkKey(kind: 'list' | 'tree', digest: Uint8Array): string {
  return (
    (kind === 'list' ? 'l' : 't') + Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString('latin1')
  );
}
