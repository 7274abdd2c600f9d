/** A file tree as a snapshot keeps it: what an entry of a directory says. Names, targets and attributes are bytes. */

export interface Meta {
  /** The twelve bits of rights: set-user, set-group, sticky, and three for each of owner, group and others. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modified: FileTime;
  /** Extended attributes, by the bytes of their names, each once. */
  readonly attributes: readonly Attribute[];
}

/** Since 1970: whole seconds, negative before it, and nanoseconds after them. */
export interface FileTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface Attribute {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** A stream of bytes: itself when it is small, or the blob that holds it. */
export type Content =
  | { readonly inline: Uint8Array }
  | { readonly digest: Uint8Array; readonly height: number; readonly length: number };

export type Node =
  | { readonly kind: 'file'; readonly content: Content; readonly hasHoles: boolean }
  /** The content is the stream of its entries. */
  | { readonly kind: 'directory'; readonly content: Content }
  | { readonly kind: 'symlink'; readonly target: Uint8Array }
  | { readonly kind: 'character' | 'block'; readonly major: number; readonly minor: number }
  | { readonly kind: 'fifo' };

/** Another name of a file that came before it in the order of the tree. */
export interface HardLink {
  readonly kind: 'hardlink';
  /** From the root of the snapshot, names with a `/` between them. */
  readonly to: Uint8Array;
}

export type Entry = { readonly name: Uint8Array } & (HardLink | (Node & { readonly meta: Meta }));
