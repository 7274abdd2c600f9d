import { CodedError } from '../../base/errors.ts';
import { type CheckTotals, faultsOfRoots, type RootFault, readingAll } from '../../chunks/live-check.ts';
import type { ChunkStore, Root, Roots } from '../../chunks/ports.ts';
import type { ChunksFile } from './file.ts';

/** What a store is to those that walk it. */
export interface StoreView {
  readonly get: ChunkStore['get'];
  readonly roots: Pick<Roots, 'list'>;
}

export interface VerifyOptions {
  /** Those to be looked at; all that there are when none is given. */
  readonly roots?: readonly Root[];
  /**
   * Whether each chunk of contents is read and hashed. Otherwise it is enough that it is here and not known to be
   * rotten, which a scrub finds out of all of them in much less time.
   */
  readonly readsAll: boolean;
  readonly signal: AbortSignal;
  /** Runs as it goes on, with all that was looked at so far. */
  readonly onProgress: (totals: CheckTotals) => void;
}

/**
 * What is wrong with the roots: nothing, when each of their chunks is here and right.
 * @throws the reason of the signal; chunks_damaged, chunks_io.
 */
export async function* verifyRoots(
  file: ChunksFile,
  store: StoreView,
  options: VerifyOptions,
): AsyncGenerator<RootFault> {
  const isHere = file.database.prepare<[Uint8Array], number>('SELECT 1 FROM chunk WHERE digest = ?').pluck();
  const faultOf = ({ digest }: { readonly digest: Uint8Array }) => {
    if (file.read(() => isHere.get(digest)) !== undefined) return null;
    const fields = { digest: Buffer.from(digest).toString('hex') };
    return new CodedError('chunk_missing', 'a chunk of it is not here', { fields });
  };
  const ports = options.readsAll ? readingAll(store.get) : { fetch: store.get, faultOf };
  let totals: CheckTotals = { chunks: 0, bytes: 0 };
  yield* faultsOfRoots(options.roots ?? store.roots.list(), ports, (more) => {
    options.signal.throwIfAborted();
    totals = { chunks: totals.chunks + more.chunks, bytes: totals.bytes + more.bytes };
    options.onProgress(totals);
  });
}
