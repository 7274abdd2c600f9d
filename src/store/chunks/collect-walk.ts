import { COLLECT_PAUSE_MS, FAULTS_TOLD_MAX } from '../../base/limits-chunks.ts';
import { liveOf } from '../../chunks/live.ts';
import type { RootFault } from '../../chunks/live-check.ts';
import { pathOf } from '../../chunks/live-item.ts';
import type { MarkBook } from './collect-books.ts';
import { Marker } from './collect-mark.ts';
import type { CollectOptions, CollectPorts } from './collect-options.ts';
import type { Room } from './collect-room.ts';
import type { ChunksFile } from './file.ts';
import { pauseFor } from './pause.ts';

/** What a walk from all roots has found. */
export interface MarkedAll {
  readonly isWhole: boolean;
  readonly faults: readonly RootFault[];
  readonly faultCount: number;
  /** Whether a root may need a chunk that is not here. */
  readonly isMissing: (digest: Uint8Array) => boolean;
}

export interface Marking {
  readonly book: MarkBook;
  readonly room: Room;
}

/** Walks all that is live and marks it; where it cannot be read, goes on beside it. */
export async function mark(ports: CollectPorts, { book, room }: Marking, options: CollectOptions): Promise<MarkedAll> {
  const { file, store } = ports;
  const { signal, onProgress } = options;
  const marker = new Marker(file, book);
  const total = chunksOf(file);
  const faults: RootFault[] = [];
  let faultCount = 0;
  let isWhole = true;
  let done = 0;
  const take = (found: readonly RootFault[]) => {
    faultCount += found.length;
    faults.push(...found.slice(0, Math.max(0, FAULTS_TOLD_MAX - faults.length)));
  };
  const flush = async () => {
    for (const step of marker.flush(room)) {
      const { marked, missing } = file.read(() => room.run(step));
      take(missing);
      done += marked;
      onProgress({ phase: 'mark', done, total });
      await pauseFor(ports.clock, COLLECT_PAUSE_MS);
      signal.throwIfAborted();
    }
  };
  // Read after the epoch was raised: a root that is set later is of an import that holds the floor, or of a newer one.
  for (const root of store.roots.list()) {
    const isWalked = (kind: 'list' | 'tree', digest: Uint8Array) => marker.isWalked(kind, digest);
    for await (const item of liveOf(root.target, { fetch: store.get, isWalked })) {
      signal.throwIfAborted();
      if (item.kind === 'unread') {
        isWhole = false;
        const { digest, error, at } = item;
        take([{ root, digest, path: at === null ? null : pathOf(at), error }]);
      } else if (marker.add(item, root)) await flush();
    }
  }
  await flush();
  onProgress({ phase: 'mark', done, total });
  const missing = new Set(faults.map(({ digest }) => Buffer.from(digest).toString('hex')));
  const isMissing = (digest: Uint8Array) =>
    faultCount > faults.length || missing.has(Buffer.from(digest).toString('hex'));
  return { isWhole, faults, faultCount, isMissing };
}

function chunksOf({ database, read }: ChunksFile): number {
  return Number(read(() => database.prepare('SELECT chunks FROM meta').pluck().get()));
}
