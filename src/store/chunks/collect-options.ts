import type { Clock } from '../../base/ports.ts';
import type { ChunksFile } from './file.ts';
import type { PackBook } from './pack-book.ts';
import type { StoreView } from './verify.ts';

export interface CollectPorts {
  readonly file: ChunksFile;
  readonly store: StoreView;
  readonly packs: PackBook;
  readonly clock: Clock;
  /** Whether a process of this number lives on this machine, or might. */
  readonly isAlive: (pid: number) => boolean;
}

export interface CollectOptions {
  /** Marks what is live, and only says what would go. */
  readonly isDryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CollectProgress) => void;
}

/** How far a collection is: chunks marked, packs looked at, pages given back. */
export interface CollectProgress {
  readonly phase: 'mark' | 'sweep' | 'give back';
  readonly done: number;
  /** As far as that is known. */
  readonly total: number;
}
