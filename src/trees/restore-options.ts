import type { Fetch } from '../chunks/blob-reader.ts';
import type { TreeProblem } from './problems.ts';

export interface RestoreOptions {
  readonly fetch: Fetch;
  /** Of the snapshot's document. */
  readonly digest: Uint8Array;
  readonly target: string;
  /**
   * `new`: the target is not there yet, or an empty directory; it appears once it is whole, and a run that was cut goes
   * on. `into`: what the snapshot has replaces what is there, file by file, and other files stay.
   */
  readonly mode: 'new' | 'into';
  readonly allow: Allowed;
  /** Entries and bytes of files, all together; `RESTORE_ENTRIES_MAX` and `BLOB_BYTES_MAX` when not given. */
  readonly entriesMax?: number;
  readonly bytesMax?: number;
  readonly signal: AbortSignal;
  /** Told often; the counts so far. */
  readonly onProgress?: (counts: RestoreCounts) => void;
}

export interface Allowed {
  readonly devices: boolean;
  /** Owners and groups, and what means something only with them: set-id bits, capabilities, attributes of root. */
  readonly owners: boolean;
}

export interface RestoreCounts {
  readonly files: number;
  readonly directories: number;
  readonly others: number;
  /** Of files. */
  readonly bytes: number;
  /** Of the files, those that an earlier run had written. */
  readonly filesKept: number;
}

export interface Restored {
  readonly counts: RestoreCounts;
  readonly problems: readonly TreeProblem[];
  /** Of all problems; only the first are told. */
  readonly problemsCount: number;
  /** Of these, what is not there at all. */
  readonly missingCount: number;
}
