import { COLLECT_PAUSE_MS, FREED_PAGES_MAX } from '../../base/limits-chunks.ts';
import type { RootFault } from '../../chunks/live-check.ts';
import { DryBook, EpochBook } from './collect-books.ts';
import { beginEpoch, endEpoch, foreseeEpoch } from './collect-epoch.ts';
import { freePages, giveBackPages } from './collect-free.ts';
import type { CollectOptions, CollectPorts } from './collect-options.ts';
import { Room } from './collect-room.ts';
import { Sweep, type SweptTo } from './collect-sweep.ts';
import { NOTHING_SWEPT, type Swept, sumOfSwept } from './collect-swept.ts';
import { mark } from './collect-walk.ts';
import { pauseFor } from './pause.ts';
import { Quarantine } from './quarantine.ts';

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
  return options.isDryRun ? await collectDry(ports, options) : await collectNow(ports, options);
}

async function collectNow(ports: CollectPorts, options: CollectOptions): Promise<Collected> {
  const { file, clock, isAlive } = ports;
  const room = new Room(file);
  try {
    const epoch = room.run(() => beginEpoch(file, { nowMs: clock.now().wallMs, isAlive }));
    const marked = await mark(ports, { book: new EpochBook(file, epoch.epoch), room }, options);
    const sweep = new Sweep(file, ports.packs, (row) => row.epoch >= epoch.floor);
    const step = (after: number, last: number) => room.run(() => sweep.step(after, last, room));
    const swept = marked.isWhole ? await sweepAll(ports, { last: sweep.last, step }, options) : NOTHING_SWEPT;
    const quarantine = new Quarantine(file, () => clock.now().wallMs);
    if (marked.isWhole && !epoch.isResumed) room.run(() => quarantine.forget(marked.isMissing));
    endEpoch(file, epoch, room);
    const fileBytes = await giveBack(ports, room, options);
    const { faults, faultCount } = marked;
    return { isResumed: epoch.isResumed, isSwept: marked.isWhole, swept, fileBytes, faults, faultCount };
  } finally {
    room.end();
  }
}

/** Changes nothing: what is live is noted in a table that goes with this process. */
async function collectDry(ports: CollectPorts, options: CollectOptions): Promise<Collected> {
  const { file, clock, isAlive } = ports;
  const { floor, isResumed } = foreseeEpoch(file, { nowMs: clock.now().wallMs, isAlive });
  const book = file.read(() => new DryBook(file));
  const marked = await mark(ports, { book, room: new Room(file) }, options);
  const sweep = new Sweep(file, ports.packs, ({ epoch, digest }) => epoch >= floor || book.isMarked(digest));
  const step = (after: number, last: number) => sweep.foresee(after, last);
  const swept = marked.isWhole ? await sweepAll(ports, { last: sweep.last, step }, options) : NOTHING_SWEPT;
  const { faults, faultCount } = marked;
  return { isResumed, isSwept: marked.isWhole, swept, fileBytes: 0, faults, faultCount };
}

interface Sweeping {
  readonly last: number;
  readonly step: (after: number, last: number) => SweptTo;
}

async function sweepAll(
  { clock }: CollectPorts,
  { last, step }: Sweeping,
  { signal, onProgress }: CollectOptions,
): Promise<Swept> {
  let swept = NOTHING_SWEPT;
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const next = step(after, last);
    if (next.at === null) return swept;
    after = next.at;
    swept = sumOfSwept(swept, next.swept);
    onProgress({ phase: 'sweep', done: after, total: last });
    await pauseFor(clock, COLLECT_PAUSE_MS);
  }
}

/** Cut here, what is free is used by the next imports, or given back by the next collection. */
async function giveBack(
  { file, clock }: CollectPorts,
  room: Room,
  { signal, onProgress }: CollectOptions,
): Promise<number> {
  const total = freePages(file);
  const some = () => room.run(() => giveBackPages(file, room.share(FREED_PAGES_MAX)));
  let done = 0;
  for (let more = total === 0 ? 0 : some(); more > 0; more = some()) {
    done += more;
    onProgress({ phase: 'give back', done, total });
    signal.throwIfAborted();
    await pauseFor(clock, COLLECT_PAUSE_MS);
  }
  return done * Number(file.database.pragma('page_size', { simple: true }));
}
