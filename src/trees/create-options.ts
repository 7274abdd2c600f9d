import { INLINE_BYTES_MAX } from '../base/limits-chunks.ts';
import type { ChunkImport, SeenFiles } from '../chunks/ports.ts';
import type { ChunkerProfile } from '../format/chunkers/profile.ts';
import type { TreeProblem } from './problems.ts';

export interface CreateOptions {
  readonly folder: string;
  readonly import: ChunkImport;
  readonly profile: ChunkerProfile;
  /** What is known of an earlier snapshot of this folder; files that look as they did then are not read. */
  readonly seen?: SeenFiles;
  /** @param path from the folder, as bytes. */
  readonly isExcluded?: (path: Uint8Array, isDirectory: boolean) => boolean;
  /** Directories on which something is mounted are kept empty. */
  readonly isOneFilesystem?: boolean;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. A file that changed just now is not noted as seen: it could change again unnoticed. */
  readonly nowMs: () => number;
  /** Told often; the counts so far. */
  readonly onProgress?: (counts: CreateCounts) => void;
}

export interface CreateCounts {
  readonly files: number;
  readonly directories: number;
  /** Links, devices and pipes. */
  readonly others: number;
  /** Of all files, however many names they have. */
  readonly bytes: number;
  /** What was read of them; the other files look as they did. */
  readonly filesRead: number;
  readonly bytesRead: number;
}

export interface Created {
  /** Of the snapshot's document. */
  readonly digest: Uint8Array;
  readonly counts: CreateCounts;
  readonly problems: readonly TreeProblem[];
  /** Of all problems; only the first are told. */
  readonly problemsCount: number;
  /** Of these, what is not there at all. */
  readonly missingCount: number;
}

/** Files of so many bytes cost less with their entries than by requests of their own. */
const SMALL_BYTES_MAX = 16 * 1024;

/** Of files whose content the reader tells with their entries: no more than what has to be read in any case. */
export function toldBytesMax({ isExcluded, seen }: CreateOptions): number {
  if (isExcluded !== undefined) return 0;
  return seen?.wasHere === true ? INLINE_BYTES_MAX : SMALL_BYTES_MAX;
}
