import { CodedError } from '../../base/errors.ts';
import { MARKS_GATHERED_MAX, MARKS_IN_TRANSACTION_MAX } from '../../base/limits-chunks.ts';
import type { RootFault } from '../../chunks/live-check.ts';
import { type LiveItem, pathOf, walkKey } from '../../chunks/live-item.ts';
import type { Root } from '../../chunks/ports.ts';
import type { MarkBook } from './collect-books.ts';
import { Gathered, type Mark } from './collect-gathered.ts';
import type { Room } from './collect-room.ts';
import type { ChunksFile } from './file.ts';

interface Walked {
  readonly kind: 'list' | 'tree';
  readonly digest: Uint8Array;
}

/** What one transaction has marked. */
export interface Marked {
  readonly marked: number;
  /** Of these, what is not here. */
  readonly missing: readonly RootFault[];
}

/** Gathers what is live and marks it, many chunks in a transaction; then notes which lists and directories are done. */
export class Marker {
  readonly #file: ChunksFile;
  readonly #book: MarkBook;
  #marks = new Gathered();
  #walked: Walked[] = [];
  #walkedKeys = new Set<string>();

  constructor(file: ChunksFile, book: MarkBook) {
    this.#file = file;
    this.#book = book;
  }

  /** Whether all that hangs on it is marked, or waits to be. */
  isWalked(kind: 'list' | 'tree', digest: Uint8Array): boolean {
    if (this.#walkedKeys.has(walkKey(kind, digest))) return true;
    return this.#file.read(() => this.#book.isNoted(kind, digest));
  }

  /** @returns whether so many wait that they are to be marked now. */
  add(item: Exclude<LiveItem, { kind: 'unread' }>, root: Root): boolean {
    if (item.kind === 'chunks') {
      const origin = { root, at: item.at };
      for (const { digest } of item.parts) this.#marks.add(digest, origin);
    } else {
      if (item.kind !== 'tree') this.#marks.add(item.digest, { root, at: null });
      if (item.kind !== 'document' && item.isWhole) {
        this.#walked.push({ kind: item.kind, digest: item.digest });
        this.#walkedKeys.add(walkKey(item.kind, item.digest));
      }
    }
    return this.#marks.count + this.#walked.length >= MARKS_GATHERED_MAX;
  }

  /**
   * Marks what waits, and after all of it notes what is walked by that. Each step is a transaction of its own; one that
   * throws has done nothing, and is tried again by the next.
   */
  *flush(room: Pick<Room, 'share' | 'wasFull'>): Generator<() => Marked, void, void> {
    const most = () => room.share(MARKS_IN_TRANSACTION_MAX);
    const markAt = this.#marks.sorted();
    const { count } = this.#marks;
    for (let at = 0; at < count; ) {
      yield () => {
        const end = Math.min(count, at + most());
        const done = this.#book.write(() => this.#mark(markAt, at, end));
        at = end;
        return done;
      };
    }
    const walked = this.#walked;
    // Notes make the file longer, marks do not. Without them the next call walks there again.
    for (let at = 0; at < walked.length && !room.wasFull; ) {
      yield () => {
        const some = walked.slice(at, at + most());
        this.#book.write(() => {
          for (const { kind, digest } of some) this.#book.note(kind, digest);
        });
        at += some.length;
        return { marked: 0, missing: [] };
      };
    }
    this.#marks = new Gathered();
    this.#walked = [];
    this.#walkedKeys = new Set();
  }

  #mark(markAt: (index: number) => Mark, from: number, to: number): Marked {
    const missing: RootFault[] = [];
    for (let at = from; at < to; at += 1) {
      const mark = markAt(at);
      if (!this.#book.mark(mark.digest)) missing.push(faultOf(mark));
    }
    return { marked: to - from - missing.length, missing };
  }
}

function faultOf({ digest, root, at }: Mark): RootFault {
  const fields = { digest: Buffer.from(digest).toString('hex') };
  const error = new CodedError('chunk_missing', 'a chunk of it is not here', { fields });
  return { root, digest: new Uint8Array(digest), path: at === null ? null : pathOf(at), error };
}
