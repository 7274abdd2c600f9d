/**
 * Where an archive that is read puts its entries until all have come and can be sorted: members come in any order, and a
 * later one of the same name takes the place of an earlier one. On disk, for there may be millions.
 * Everything but `close` throws tar_shelf_full, and the codes of a disk that fails.
 */
export interface TarShelf {
  /** Keeps an entry, small content included, in place of what had the name. */
  put(key: Uint8Array, entry: Uint8Array): void;
  find(key: Uint8Array): Uint8Array | null;
  /** Gives the entry that is called `to` now another name, in place of what had that. */
  link(key: Uint8Array, to: Uint8Array): void;
  /** All names by the order of their bytes. Nothing may be put meanwhile. */
  rows(): Iterable<ShelfRow>;
  /** Forgets everything. */
  close(): void;
}

export interface ShelfRow {
  readonly key: Uint8Array;
  readonly entry: Uint8Array;
  /** Of an entry with several names the first one in the same order; null, or the key itself, of one with a single name. */
  readonly first: Uint8Array | null;
}
