import type { Statement } from 'better-sqlite3';
import { CodedError } from '../../base/errors.ts';
import type { RootTarget } from '../../chunks/ports.ts';
import type { ChunksFile } from './file.ts';
import { digestOf } from './roots.ts';

export interface Copy {
  /** The id of the node that said so. */
  readonly node: string;
  readonly seenMs: number;
}

/** Which other nodes said that they hold the whole of what a root names. Local to this store. */
export class Copies {
  readonly #file: ChunksFile;
  readonly #put: Statement<[Uint8Array, string, number]>;
  readonly #remove: Statement<[Uint8Array, string]>;
  readonly #list: Statement<[Uint8Array], Copy>;

  constructor(file: ChunksFile) {
    const { database } = file;
    this.#file = file;
    this.#put = database.prepare('INSERT OR REPLACE INTO copy (digest, node, seen_ms) VALUES (?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM copy WHERE digest = ? AND node = ?');
    this.#list = database.prepare('SELECT node, seen_ms AS seenMs FROM copy WHERE digest = ? ORDER BY node');
  }

  /** A node said that it holds it. */
  note(target: RootTarget, { node, seenMs }: Copy): void {
    const digest = digestOf(target);
    if (digest !== null) this.#file.write(() => this.#put.run(digest, node, seenMs));
  }

  /** A node said that it holds it no more. */
  forget(target: RootTarget, node: string): void {
    const digest = digestOf(target);
    if (digest !== null) this.#file.write(() => this.#remove.run(digest, node));
  }

  of(target: RootTarget): readonly Copy[] {
    const digest = digestOf(target);
    return digest === null ? [] : this.#file.read(() => this.#list.all(digest));
  }

  /** That others hold it often enough for this store to let it go. @throws copies_few. */
  requireElsewhere(target: RootTarget, least: number): void {
    const found = this.of(target).length;
    if (digestOf(target) === null || found >= least) return;
    throw new CodedError('copies_few', `${found} other nodes hold it, and there are to be ${least}`, {
      fields: { found, least },
      advice: 'Let another node fetch it first, or say that it may go all the same.',
    });
  }
}
