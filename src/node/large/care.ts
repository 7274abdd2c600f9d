import { isProcessAlive } from '../../store/chunks/alive.ts';
import { type Collected, collect } from '../../store/chunks/collect.ts';
import type { CollectProgress } from '../../store/chunks/collect-options.ts';
import { PackBook } from '../../store/chunks/pack-book.ts';
import { type ScrubProgress, scrub } from '../../store/chunks/scrub.ts';
import type { Chunks } from '../../store/chunks/store.ts';
import { systemClock } from '../system.ts';
import { parseSize } from './size.ts';

/** Frees what hangs on no root. @throws as `collect`. */
export function collectStore(
  store: Chunks,
  isDryRun: boolean,
  signal: AbortSignal,
  onProgress: (progress: CollectProgress) => void,
): Promise<Collected> {
  const { file } = store;
  const parts = { file, store, packs: new PackBook(file), clock: systemClock('trusted'), isAlive: isProcessAlive };
  return collect(parts, { isDryRun, signal, onProgress });
}

/** Reads all packs again. @param rate a size, in a second at most. @throws bad_size; as `scrub`. */
export function scrubStore(
  { file }: Chunks,
  rate: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<ScrubProgress> {
  const parts = { file, packs: new PackBook(file), clock: systemClock('trusted') };
  const bytesPerSecond = Math.max(1, parseSize(rate));
  return scrub(parts, { bytesPerSecond, signal, onProgress: ({ bytes }) => onBytes(bytes) });
}
