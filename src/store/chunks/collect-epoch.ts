import { CodedError } from '../../base/errors.ts';
import { MARKS_IN_TRANSACTION_MAX } from '../../base/limits-chunks.ts';
import type { Room } from './collect-room.ts';
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
    const { next, lost } = nextEpoch(file, leases);
    if (next.isResumed) return next;
    const drop = database.prepare<[number]>('DELETE FROM lease WHERE id = ?');
    for (const { id } of lost) drop.run(id);
    database.prepare('UPDATE meta SET epoch = ?, collecting = ?, floor = ?').run(next.epoch, next.epoch, next.floor);
    return next;
  });
}

/** The one that `beginEpoch` would begin, or go on with; nothing is changed. */
export function foreseeEpoch(file: ChunksFile, leases: LeaseJudgement): Epoch {
  return file.read(() => nextEpoch(file, leases).next);
}

function nextEpoch(
  { database, path }: ChunksFile,
  { nowMs, isAlive }: LeaseJudgement,
): { readonly next: Epoch; readonly lost: readonly LeaseRow[] } {
  const meta = database.prepare<[], MetaRow>('SELECT * FROM meta').get();
  if (meta === undefined) throw new CodedError('chunks_damaged', `${path} has lost its first row`);
  if (meta.collecting !== null && meta.floor !== null) {
    return { next: { epoch: meta.collecting, floor: meta.floor, isResumed: true }, lost: [] };
  }
  const epoch = meta.epoch + 1;
  const rows = database.prepare<[], LeaseRow>('SELECT * FROM lease').all();
  const isHonoured = ({ until_ms, pid }: LeaseRow) => until_ms >= nowMs && isAlive(pid);
  const floor = Math.min(epoch, ...rows.filter(isHonoured).map((lease) => lease.epoch));
  return { next: { epoch, floor, isResumed: false }, lost: rows.filter((lease) => !isHonoured(lease)) };
}

/** Ends it: the next call begins another one, which walks everything again. */
export function endEpoch(file: ChunksFile, { epoch }: Epoch, room: Room): void {
  const { database } = file;
  room.run(() =>
    // Another process may have ended it, and begun the next.
    file.write(() =>
      database.prepare('UPDATE meta SET collecting = NULL, floor = NULL WHERE collecting = ?').run(epoch),
    ),
  );
  const some = database.prepare<[number, number]>(
    'DELETE FROM walked WHERE (digest, kind) IN (SELECT digest, kind FROM walked WHERE epoch <= ? LIMIT ?)',
  );
  const forget = () => file.write(() => some.run(epoch, room.share(MARKS_IN_TRANSACTION_MAX)).changes);
  while (room.run(forget) > 0);
}
