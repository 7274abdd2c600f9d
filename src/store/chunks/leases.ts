import type { Statement } from 'better-sqlite3';
import { CodedError } from '../../base/errors.ts';
import { LEASE_FORGET_MS, LEASE_MS_MAX, LEASE_PURPOSE_CHARACTERS_MAX } from '../../base/limits-chunks.ts';
import type { Clock } from '../../base/ports.ts';
import type { ChunksFile } from './file.ts';

export interface Lease {
  readonly id: number;
  /** What is of this epoch, or newer, stays while the lease lasts. */
  readonly epoch: number;
}

/** Leases of this process in a chunk store. Each method but `require` is a transaction of its own. */
export class Leases {
  readonly #file: ChunksFile;
  readonly #clock: Clock;
  readonly #held = new Set<number>();
  readonly #insert: Statement<[number, string, number], Lease>;
  readonly #find: Statement<[number]>;
  readonly #renew: Statement<[number, number]>;
  readonly #remove: Statement<[number]>;
  readonly #forget: Statement<[number]>;

  constructor(file: ChunksFile, clock: Clock) {
    const { database } = file;
    this.#file = file;
    this.#clock = clock;
    this.#insert = database.prepare(
      'INSERT INTO lease (epoch, until_ms, purpose, pid) SELECT epoch, ?, ?, ? FROM meta RETURNING id, epoch',
    );
    this.#find = database.prepare('SELECT 1 FROM lease WHERE id = ?');
    this.#renew = database.prepare('UPDATE lease SET until_ms = ? WHERE id = ?');
    this.#remove = database.prepare('DELETE FROM lease WHERE id = ?');
    this.#forget = database.prepare('DELETE FROM lease WHERE until_ms < ?');
  }

  /** @param purpose for people. */
  take(purpose: string): Lease {
    const nowMs = this.#clock.now().wallMs;
    const shown = purpose.slice(0, LEASE_PURPOSE_CHARACTERS_MAX);
    const lease = this.#file.write(() => {
      this.#forget.run(nowMs - LEASE_FORGET_MS);
      return this.#insert.get(nowMs + LEASE_MS_MAX, shown, process.pid);
    });
    if (lease === undefined) throw new CodedError('chunks_damaged', `${this.#file.path} has lost its first row`);
    this.#held.add(lease.id);
    return lease;
  }

  /** @throws lease_lost. */
  renew({ id }: Lease): void {
    this.#file.write(() => {
      if (this.#renew.run(this.#clock.now().wallMs + LEASE_MS_MAX, id).changes === 0) throw leaseLost();
    });
  }

  /** Whether `lease` is honoured still; within the transaction whose writing depends on it. @throws lease_lost. */
  require({ id }: Lease): void {
    if (this.#find.get(id) === undefined) throw leaseLost();
  }

  /** That all leases of this process are honoured; as `require`. */
  requireHeld(): void {
    for (const id of this.#held) if (this.#find.get(id) === undefined) throw leaseLost();
  }

  get heldCount(): number {
    return this.#held.size;
  }

  end({ id }: Lease): void {
    this.#held.delete(id);
    this.#file.write(() => this.#remove.run(id));
  }
}

function leaseLost(): CodedError {
  return new CodedError('lease_lost', 'a collection has gone over this import, which had stood still for too long', {
    fields: { leaseMsMax: LEASE_MS_MAX },
    advice: 'Run it again: what is still here is found, and not stored a second time.',
  });
}
