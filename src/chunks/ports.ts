import type { Fetch } from './blob-reader.ts';
import type { ChunkSink } from './content-writer.ts';
import type { BlobRoot } from './list-writer.ts';

/** The store of large things, as those see it who put into it and read from it. `src/store/chunks` keeps it in SQLite. */
export interface ChunkStore {
  /** A chunk, a list or the document of a snapshot; null when it is absent, or rotten and in quarantine. */
  readonly get: Fetch;
  readonly roots: Roots;
  /** Takes a lease: nothing that the import tells or keeps is collected until it ends, or its lease has run out. */
  beginImport(): ChunkImport;
}

/** Something on its way in. Parts are told before what names them: chunks, their lists, then what points to the blob. */
export interface ChunkImport extends ChunkSink {
  /**
   * Says of a blob that was stored before that it is needed, in place of telling it anew.
   * @returns false when any of it is not here: tell it.
   */
  keep(root: BlobRoot): Promise<boolean>;
  /**
   * Resolves once there is room for another piece of `CHUNKER_BLOCK_BYTES`; to be awaited after each.
   * @throws chunks_low_space, chunks_quota, chunks_full, lease_lost.
   */
  room(): Promise<void>;
  /** Resolves once all that was told is durable. @throws as `room`. */
  flush(): Promise<void>;
  readonly counts: ImportCounts;
  /** Gives the lease back; what was told and hangs on no root goes with a later collection. Call it once, always. */
  end(): void;
}

export interface ImportCounts {
  /** Chunks and lists told, and their bytes. */
  readonly chunks: number;
  readonly bytes: number;
  /** Of these, those that were not here yet. */
  readonly newChunks: number;
  readonly newBytes: number;
  /** What the new ones take in the store, after compression. */
  readonly storedBytes: number;
}

/** What keeps things alive: each by its kind and name. */
export interface Roots {
  /** Sets or replaces one, durably; what it names has been flushed by an import that has not ended yet. */
  set(root: Root): void;
  /** @returns whether there was one. */
  remove(kind: RootKind, name: string): boolean;
  find(kind: RootKind, name: string): Root | null;
  /** By name; of all kinds when none is given. */
  list(kind?: RootKind): readonly Root[];
}

export type RootKind = 'pin' | 'snapshot' | 'backup';

export interface Root {
  readonly kind: RootKind;
  /** Of at most `ROOT_NAME_CHARACTERS_MAX` printable characters. */
  readonly name: string;
  readonly target: RootTarget;
  /** Milliseconds since 1970. */
  readonly addedMs: number;
  /** JSON of whoever set it, at most `ROOT_NOTE_BYTES_MAX`. */
  readonly note: string;
}

export type RootTarget =
  /** null: a blob without bytes. */
  | { readonly kind: 'blob'; readonly root: BlobRoot | null }
  /** The digest of its document. */
  | { readonly kind: 'snapshot'; readonly digest: Uint8Array };

/** What a file looked like when its content was stored; two that are equal in all of it are taken for the same. */
export interface FileLook {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: number;
  readonly modifiedNs: bigint;
  readonly changedNs: bigint;
}

/**
 * Remembers, of one folder that is stored again and again, which blob each file was; so files are not read when they are
 * unchanged. The smallest ones, whose bytes lie in their entries, are: to keep those twice costs more than to read them again.
 */
export interface SeenFiles {
  /** False: the folder is here for the first time. */
  readonly wasHere: boolean;
  /** @param path from the folder, as bytes. @returns null when it was not seen, or looked otherwise. */
  find(path: Uint8Array, look: FileLook): BlobRoot | null;
  /** Told in the order of the walk; kept once the walk is whole. */
  note(path: Uint8Array, look: FileLook, content: BlobRoot): void;
}
