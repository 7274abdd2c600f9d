import type { ChunkImport } from '../../chunks/ports.ts';
import type { Chunks } from '../../store/chunks/store.ts';
import { createSnapshot } from '../../trees/create.ts';
import type { CreateCounts, Created } from '../../trees/create-options.ts';
import { excluder } from './exclude.ts';
import { flushedWhenCut, profileOf } from './put-blob.ts';

export interface FolderOptions {
  readonly folder: string;
  readonly exclude: readonly string[];
  readonly isOneFilesystem: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (counts: CreateCounts) => void;
}

/** Trees are all cut alike, so that the same tree has the same id everywhere. */
export const TREE_PROFILE = 'image-64k';

/** Takes a snapshot of a folder; files that look as they did the last time are not read. @throws as `createSnapshot`. */
export async function storeFolder(store: Chunks, importing: ChunkImport, options: FolderOptions): Promise<Created> {
  const { folder, exclude, ...rest } = options;
  const seen = store.beginSeenWalk(folder);
  const created = await flushedWhenCut(importing, options.signal, () =>
    createSnapshot({
      ...rest,
      folder,
      import: importing,
      profile: profileOf(store, TREE_PROFILE),
      seen,
      ...(exclude.length > 0 && { isExcluded: excluder(exclude) }),
      nowMs: () => Date.now(),
    }),
  );
  seen.keep();
  return created;
}
