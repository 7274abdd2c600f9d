import { BLOB_BYTES_MAX } from '../../base/limits-chunks.ts';
import type { Meta, Node } from '../tree/entry.ts';
import { shown, tarError } from './error.ts';
import type { MemberHead } from './extended.ts';
import type { Header } from './header.ts';

/** What a member is, by the type that its header tells. */
export type MemberNode =
  | { readonly kind: 'file'; readonly hasHoles: boolean }
  | { readonly kind: 'directory' }
  | { readonly kind: 'hardlink'; readonly to: Uint8Array }
  | Exclude<Node, { readonly kind: 'file' | 'directory' }>;

const SLASH = 0x2f;

export function kindOf(type: string, path: Uint8Array): MemberNode['kind'] {
  switch (type) {
    case '0':
    case '7':
    case 'S':
      // So the oldest tars tell of a directory.
      return type === '0' && path.at(-1) === SLASH ? 'directory' : 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '3':
      return 'character';
    case '4':
      return 'block';
    case '5':
    case 'D':
      return 'directory';
    case '6':
      return 'fifo';
    default:
      throw tarError('tar_form', 'a member is of a type that is not known', { path: shown(path), type });
  }
}

/** What follows the header: of other kinds than files a size says nothing, but for GNU's lists of directories. */
export function bodyBytes(type: string, kind: MemberNode['kind'], { size, path }: MemberHead): number {
  if (size < 0 || size > BLOB_BYTES_MAX) {
    throw tarError('tar_form', 'a size is none that a file can have', { path: shown(path), size });
  }
  if (kind === 'hardlink' && size > 0) {
    throw tarError('tar_form', 'a hard link has content of its own', { path: shown(path), size });
  }
  return kind === 'file' || type === 'D' ? size : 0;
}

export function nodeOf(kind: MemberNode['kind'], { link, major, minor }: MemberHead, hasHoles: boolean): MemberNode {
  switch (kind) {
    case 'file':
      return { kind, hasHoles };
    case 'hardlink':
      return { kind, to: link };
    case 'symlink':
      return { kind, target: link };
    case 'character':
    case 'block':
      return { kind, major, minor };
    default:
      return { kind };
  }
}

export function metaOf({ mode }: Header, { uid, gid, modified, attributes }: MemberHead): Meta {
  return { mode, uid, gid, modified, attributes };
}
