import type { ChunksFile } from './file.ts';

/** Pages of the file that hold nothing. */
export function freePages(file: ChunksFile): number {
  return Number(file.read(() => file.database.pragma('freelist_count', { simple: true })));
}

/** Gives `most` pages at the end of the file back to the disk, in one transaction. @returns how many it was. */
export function giveBackPages(file: ChunksFile, most: number): number {
  const before = freePages(file);
  file.read(() => file.database.pragma(`incremental_vacuum(${most})`));
  return before - freePages(file);
}

/** Writes the log back, so that the file is as small as it says; not while another process reads. */
export function writeLogBack(file: ChunksFile): void {
  file.read(() => file.database.pragma('wal_checkpoint(PASSIVE)'));
}
