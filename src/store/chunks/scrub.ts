import { SCRUBBED_PACKS_MAX } from '../../base/limits-chunks.ts';
import type { Clock } from '../../base/ports.ts';
import type { ChunksFile } from './file.ts';
import type { PackBook } from './pack-book.ts';
import { pauseFor } from './pause.ts';
import { PackCheck, type PackFinding } from './scrub-pack.ts';

export interface ScrubPorts {
  readonly file: ChunksFile;
  readonly packs: PackBook;
  readonly clock: Clock;
}

export interface ScrubOptions {
  /** Bytes of packs that are read in a second at most; what else the disk has to do comes first. */
  readonly bytesPerSecond: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ScrubProgress) => void;
}

/** What was read since the call began. */
export interface ScrubProgress {
  readonly packs: number;
  readonly chunks: number;
  /** Of chunks, unpacked. */
  readonly bytes: number;
  /** Chunks that were not what their names say, and are in quarantine now. */
  readonly rotten: number;
  /** Number of the last pack that was read, and of the last there is. */
  readonly at: number;
  readonly last: number;
}

const MS_A_SECOND = 1000;

/**
 * Reads all packs again, from where the last call stopped, and puts what is rotten into quarantine. A call that is cut
 * reads at most `SCRUBBED_PACKS_MAX` packs once more; one that comes to the end lets the next begin with the first.
 * @throws the reason of the signal; chunks_locked, chunks_full, chunks_unwritable, chunks_damaged, chunks_io.
 */
export async function scrub({ file, packs, clock }: ScrubPorts, options: ScrubOptions): Promise<ScrubProgress> {
  const check = new PackCheck(file, packs, () => clock.now().wallMs);
  const place = new ScrubPlace(file);
  const last = place.last();
  let progress: ScrubProgress = { packs: 0, chunks: 0, bytes: 0, rotten: 0, at: place.start(), last };
  try {
    for (let found = check.next(progress.at, last); found !== null; found = check.next(progress.at, last)) {
      progress = after(progress, found);
      if (progress.packs % SCRUBBED_PACKS_MAX === 0) place.note(progress.at);
      options.onProgress(progress);
      options.signal.throwIfAborted();
      await pauseFor(clock, (found.storedBytes / options.bytesPerSecond) * MS_A_SECOND);
      options.signal.throwIfAborted();
    }
  } catch (error) {
    if (options.signal.aborted) place.note(progress.at);
    throw error;
  }
  place.note(0);
  return progress;
}

function after(progress: ScrubProgress, found: PackFinding): ScrubProgress {
  return {
    packs: progress.packs + 1,
    chunks: progress.chunks + found.chunks,
    bytes: progress.bytes + found.bytes,
    rotten: progress.rotten + found.rotten,
    at: found.id,
    last: progress.last,
  };
}

/** How far the reading has come, in the store itself. */
class ScrubPlace {
  readonly #file: ChunksFile;

  constructor(file: ChunksFile) {
    this.#file = file;
  }

  start(): number {
    return this.#number('SELECT scrubbed FROM meta');
  }

  last(): number {
    return this.#number('SELECT max(id) FROM pack');
  }

  note(pack: number): void {
    const { database, write } = this.#file;
    write(() => database.prepare('UPDATE meta SET scrubbed = ?').run(pack));
  }

  #number(query: string): number {
    const { database, read } = this.#file;
    return Number(read(() => database.prepare(query).pluck().get()) ?? 0);
  }
}
