import type { Statement } from 'better-sqlite3';
import { CodedError } from '../../base/errors.ts';
import { MARKS_IN_TRANSACTION_MAX } from '../../base/limits-chunks.ts';
import type { RootFault } from '../../chunks/live-check.ts';
import { type LiveItem, type Place, pathOf, walkKey } from '../../chunks/live-item.ts';
import type { Root } from '../../chunks/ports.ts';
import type { ChunksFile } from './file.ts';

interface Mark {
  readonly digest: Uint8Array;
  readonly root: Root;
  readonly at: Place | null;
}

interface Walked {
  readonly kind: 'list' | 'tree';
  readonly digest: Uint8Array;
}

/** Raises the epoch of what is live, many chunks in a transaction, and notes which lists and directories are done. */
export class Marker {
  readonly #file: ChunksFile;
  readonly #epoch: number;
  readonly #epochOf: Statement<[Uint8Array], number>;
  readonly #raise: Statement<[number, Uint8Array]>;
  readonly #isNoted: Statement<[Uint8Array, string, number], number>;
  readonly #note: Statement<[Uint8Array, string, number]>;
  #marks: Mark[] = [];
  #walked: Walked[] = [];
  #walkedKeys = new Set<string>();

  constructor(file: ChunksFile, epoch: number) {
    const { database } = file;
    this.#file = file;
    this.#epoch = epoch;
    this.#epochOf = database.prepare<[Uint8Array], number>('SELECT epoch FROM chunk WHERE digest = ?').pluck();
    this.#raise = database.prepare('UPDATE chunk SET epoch = ? WHERE digest = ?');
    this.#isNoted = database
      .prepare<[Uint8Array, string, number], number>(
        'SELECT 1 FROM walked WHERE digest = ? AND kind = ? AND epoch >= ?',
      )
      .pluck();
    this.#note = database.prepare(
      'INSERT INTO walked VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET epoch = max(epoch, excluded.epoch)',
    );
  }

  /** Whether all that hangs on it is marked, or waits to be. */
  isWalked(kind: 'list' | 'tree', digest: Uint8Array): boolean {
    if (this.#walkedKeys.has(walkKey(kind, digest))) return true;
    return this.#file.read(() => this.#isNoted.get(digest, kind, this.#epoch)) !== undefined;
  }

  /** @returns whether so many wait that they are to be marked now. */
  add(item: Exclude<LiveItem, { kind: 'unread' }>, root: Root): boolean {
    if (item.kind === 'chunks') {
      for (const { digest } of item.parts) this.#marks.push({ digest, root, at: item.at });
    } else {
      if (item.kind !== 'tree') this.#marks.push({ digest: item.digest, root, at: null });
      if (item.kind !== 'document' && item.isWhole) {
        this.#walked.push({ kind: item.kind, digest: item.digest });
        this.#walkedKeys.add(walkKey(item.kind, item.digest));
      }
    }
    return this.#marks.length + this.#walked.length >= MARKS_IN_TRANSACTION_MAX;
  }

  /**
   * Marks what waits, in one transaction.
   * @returns how many there were, and those that are not here.
   */
  flush(): { readonly marked: number; readonly missing: readonly RootFault[] } {
    // By digest, as the table lies: each of its pages is written once.
    const marks = this.#marks.sort((one, other) => Buffer.compare(one.digest, other.digest));
    const walked = this.#walked;
    const missing = this.#file.write(() => {
      const found = marks.filter(({ digest }) => !this.#mark(digest));
      for (const { digest, kind } of walked) this.#note.run(digest, kind, this.#epoch);
      return found;
    });
    this.#marks = [];
    this.#walked = [];
    this.#walkedKeys = new Set();
    return { marked: marks.length - missing.length, missing: missing.map(faultOf) };
  }

  /** @returns whether it is here. */
  #mark(digest: Uint8Array): boolean {
    const epoch = this.#epochOf.get(digest);
    if (epoch !== undefined && epoch < this.#epoch) this.#raise.run(this.#epoch, digest);
    return epoch !== undefined;
  }
}

function faultOf({ digest, root, at }: Mark): RootFault {
  const fields = { digest: Buffer.from(digest).toString('hex') };
  const error = new CodedError('chunk_missing', 'a chunk of it is not here', { fields });
  return { root, digest, path: at === null ? null : pathOf(at), error };
}
