import type { Statement } from 'better-sqlite3';
import { equalBytes } from '../../base/bytes.ts';
import { CodedError } from '../../base/errors.ts';
import { SEEN_BATCH_ROWS_MAX } from '../../base/limits-chunks.ts';
import type { BlobRoot } from '../../chunks/list-writer.ts';
import type { FileLook, SeenFiles } from '../../chunks/ports.ts';
import type { ChunksFile } from './file.ts';
import { decodeContent, encodeContent, encodeLook } from './seen-code.ts';

/** One walk through a folder: answers from the last whole walk, and notes what the next one will be told. */
export interface SeenWalk extends SeenFiles {
  /** This walk is whole: from now on it is the one that answers. @throws as `ChunksFile.write`. */
  keep(): void;
}

interface Source {
  readonly id: number;
  readonly walk: number;
}

interface SeenRow {
  readonly look: Uint8Array;
  readonly content: Uint8Array;
}

/** Begins a walk through the folder that goes by `name`. Rows of a walk that was cut are taken away first. */
export function beginSeenWalk(file: ChunksFile, name: string): SeenWalk {
  const { database } = file;
  const make = database.prepare<[string]>('INSERT INTO seen_source (name, walk) VALUES (?, 0) ON CONFLICT DO NOTHING');
  const find = database.prepare<[string], Source>('SELECT id, walk FROM seen_source WHERE name = ?');
  const source = file.write(() => {
    make.run(name);
    return find.get(name);
  });
  if (source === undefined) throw new CodedError('chunks_damaged', `${file.path} has lost what it was told`);
  removeOthers(file, source);
  return new StoredWalk(file, source);
}

/** Rows of other walks than the one that answers, some at a time. */
function removeOthers(file: ChunksFile, { id, walk }: Source): void {
  const some = file.database.prepare<[number, number, number]>(
    `DELETE FROM seen WHERE (source, walk, path) IN
       (SELECT source, walk, path FROM seen WHERE source = ? AND walk <> ? LIMIT ?)`,
  );
  for (;;) {
    const { changes } = file.write(() => some.run(id, walk, SEEN_BATCH_ROWS_MAX));
    if (changes < SEEN_BATCH_ROWS_MAX) return;
  }
}

class StoredWalk implements SeenWalk {
  readonly #file: ChunksFile;
  readonly #source: Source;
  readonly #find: Statement<[number, number, Uint8Array], SeenRow>;
  readonly #put: Statement<[number, number, Uint8Array, Uint8Array, Uint8Array]>;
  #noted: [path: Uint8Array, look: Uint8Array, content: Uint8Array][] = [];

  constructor(file: ChunksFile, source: Source) {
    const { database } = file;
    this.#file = file;
    this.#source = source;
    this.#find = database.prepare('SELECT look, content FROM seen WHERE source = ? AND walk = ? AND path = ?');
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO seen (source, walk, path, look, content) VALUES (?, ?, ?, ?, ?)',
    );
  }

  get wasHere(): boolean {
    return this.#source.walk > 0;
  }

  find(path: Uint8Array, look: FileLook): BlobRoot | null {
    const { id, walk } = this.#source;
    const row = this.#file.read(() => this.#find.get(id, walk, path));
    return row !== undefined && equalBytes(row.look, encodeLook(look))
      ? decodeContent(path, row.look, row.content)
      : null;
  }

  note(path: Uint8Array, look: FileLook, content: BlobRoot): void {
    const told = encodeLook(look);
    this.#noted.push([new Uint8Array(path), told, encodeContent(path, told, content)]);
    if (this.#noted.length === SEEN_BATCH_ROWS_MAX) this.#write(() => {});
  }

  keep(): void {
    const next = this.#source.walk + 1;
    const settle = this.#file.database.prepare<[number, number]>('UPDATE seen_source SET walk = ? WHERE id = ?');
    this.#write(() => settle.run(next, this.#source.id));
    removeOthers(this.#file, { id: this.#source.id, walk: next });
  }

  #write(more: () => void): void {
    const { id, walk } = this.#source;
    const noted = this.#noted;
    this.#noted = [];
    this.#file.write(() => {
      for (const row of noted) this.#put.run(id, walk + 1, ...row);
      more();
    });
  }
}
