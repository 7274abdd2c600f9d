import { assert } from '../../base/assert.ts';
import type { ChunksFile } from './file.ts';
import type { MetaRow } from './rows.ts';

/** A collection that has begun. */
export interface Epoch {
  readonly epoch: number;
  /** Chunks of an older epoch go, unless a root is found to need them. */
  readonly floor: number;
  /** Whether an earlier call had begun it. */
  readonly isResumed: boolean;
}

interface LeaseRow {
  readonly id: number;
  readonly epoch: number;
  readonly until_ms: number;
  readonly pid: number;
}

/** Which leases are honoured. */
export interface LeaseJudgement {
  readonly nowMs: number;
  /** Whether a process of this number lives on this machine, or might. */
  readonly isAlive: (pid: number) => boolean;
}

/**
 * Goes on with the collection that was cut, or raises the epoch for another one. From that on an import begins in the new
 * epoch; those that have begun before hold the floor down, but for such as ran out or whose process is gone: their
 * leases are taken away, by which they learn of it if they live after all.
 */
export function beginEpoch(file: ChunksFile, leases: LeaseJudgement): Epoch {
  const { database } = file;
  return file.write(() => {
    const meta = database.prepare<[], MetaRow>('SELECT * FROM meta').get();
    assert(meta !== undefined, 'a store has its one row of meta');
    if (meta.collecting !== null && meta.floor !== null) {
      return { epoch: meta.collecting, floor: meta.floor, isResumed: true };
    }
    const epoch = meta.epoch + 1;
    let floor = epoch;
    for (const lease of database.prepare<[], LeaseRow>('SELECT * FROM lease').all()) {
      if (lease.until_ms >= leases.nowMs && leases.isAlive(lease.pid)) floor = Math.min(floor, lease.epoch);
      else database.prepare<[number]>('DELETE FROM lease WHERE id = ?').run(lease.id);
    }
    database.prepare('UPDATE meta SET epoch = ?, collecting = ?, floor = ?').run(epoch, epoch, floor);
    return { epoch, floor, isResumed: false };
  });
}

/** Ends it: the next call begins another one, which walks everything again. */
export function endEpoch(file: ChunksFile, { epoch }: Epoch): void {
  const { database } = file;
  file.write(() => {
    // Another process may have ended it, and begun the next.
    database.prepare('UPDATE meta SET collecting = NULL, floor = NULL WHERE collecting = ?').run(epoch);
    database.prepare('DELETE FROM walked WHERE epoch <= ?').run(epoch);
  });
}
