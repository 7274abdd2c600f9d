import { COLLECT_PAUSE_MS, FAULTS_TOLD_MAX } from '../../base/limits-chunks.ts';
import type { Clock } from '../../base/ports.ts';
import { liveOf } from '../../chunks/live.ts';
import type { RootFault } from '../../chunks/live-check.ts';
import { pathOf } from '../../chunks/live-item.ts';
import { beginEpoch, type Epoch, endEpoch } from './collect-epoch.ts';
import { freePages, giveBackPages, writeLogBack } from './collect-free.ts';
import { Marker } from './collect-mark.ts';
import { Sweep } from './collect-sweep.ts';
import { NOTHING_SWEPT, type Swept, sumOfSwept } from './collect-swept.ts';
import type { ChunksFile } from './file.ts';
import type { PackBook } from './pack-book.ts';
import { pauseFor } from './pause.ts';
import { Quarantine } from './quarantine.ts';
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

export interface Collected {
  /** Whether an earlier call had begun this collection: then what died since it began goes with the next one. */
  readonly isResumed: boolean;
  /** False: a list, a directory or a document could not be read, so what hangs on it is not known, and nothing went. */
  readonly isSwept: boolean;
  /** What went, or would go in a dry run. */
  readonly swept: Swept;
  /** Bytes by which the file became smaller. */
  readonly fileBytes: number;
  /** What is wrong with the roots, as far as this call went through them; `FAULTS_TOLD_MAX` of it. */
  readonly faults: readonly RootFault[];
  readonly faultCount: number;
}

/**
 * Takes away what hangs on no root, as STORE.md says. Cut anywhere, by a signal or by a kill, the next call goes on.
 * @throws the reason of the signal; chunks_locked, chunks_full, chunks_unwritable, chunks_damaged, chunks_io.
 */
export async function collect(ports: CollectPorts, options: CollectOptions): Promise<Collected> {
  const { file, clock, isAlive } = ports;
  const epoch = beginEpoch(file, { nowMs: clock.now().wallMs, isAlive });
  const marked = await mark(ports, epoch, options);
  const quarantine = new Quarantine(file, () => clock.now().wallMs);
  const sweep = new Sweep(file, epoch.floor, ports.packs);
  const swept = marked.isWhole ? await sweepAll(ports, sweep, options) : NOTHING_SWEPT;
  if (marked.isWhole && !options.isDryRun && !epoch.isResumed) quarantine.forget(marked.isMissing);
  endEpoch(file, epoch);
  const fileBytes = options.isDryRun ? 0 : await giveBack(ports, options);
  const { faults, faultCount } = marked;
  return { isResumed: epoch.isResumed, isSwept: marked.isWhole, swept, fileBytes, faults, faultCount };
}

interface Marked {
  readonly isWhole: boolean;
  readonly faults: readonly RootFault[];
  readonly faultCount: number;
  /** Whether a root may need a chunk that is not here. */
  readonly isMissing: (digest: Uint8Array) => boolean;
}

async function mark(ports: CollectPorts, { epoch }: Epoch, { signal, onProgress }: CollectOptions): Promise<Marked> {
  const { file, store } = ports;
  const marker = new Marker(file, epoch);
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
    const { marked, missing } = marker.flush();
    take(missing);
    done += marked;
    onProgress({ phase: 'mark', done, total });
    await pauseFor(ports.clock, COLLECT_PAUSE_MS);
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
  const missing = new Set(faults.map(({ digest }) => Buffer.from(digest).toString('hex')));
  const isMissing = (digest: Uint8Array) =>
    faultCount > faults.length || missing.has(Buffer.from(digest).toString('hex'));
  return { isWhole, faults, faultCount, isMissing };
}

async function sweepAll({ clock }: CollectPorts, sweep: Sweep, options: CollectOptions): Promise<Swept> {
  const { last } = sweep;
  let swept = NOTHING_SWEPT;
  for (let after = 0; ; ) {
    options.signal.throwIfAborted();
    const step = options.isDryRun ? sweep.foresee(after, last) : sweep.step(after, last);
    if (step.at === null) return swept;
    after = step.at;
    swept = sumOfSwept(swept, step.swept);
    options.onProgress({ phase: 'sweep', done: after, total: last });
    await pauseFor(clock, COLLECT_PAUSE_MS);
  }
}

/** Cut here, what is free is used by the next imports, or given back by the next collection. */
async function giveBack({ file, clock }: CollectPorts, { signal, onProgress }: CollectOptions): Promise<number> {
  const total = freePages(file);
  let done = 0;
  for (let more = total === 0 ? 0 : giveBackPages(file); more > 0; more = giveBackPages(file)) {
    done += more;
    onProgress({ phase: 'give back', done, total });
    signal.throwIfAborted();
    await pauseFor(clock, COLLECT_PAUSE_MS);
  }
  writeLogBack(file);
  return done * Number(file.database.pragma('page_size', { simple: true }));
}

function chunksOf({ database, read }: ChunksFile): number {
  return Number(read(() => database.prepare('SELECT chunks FROM meta').pluck().get()));
}
