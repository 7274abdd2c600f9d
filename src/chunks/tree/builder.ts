import { assert } from '../../base/assert.ts';
import { compareBytes } from '../../base/bytes.ts';
import { TREE_DEPTH_MAX } from '../../base/limits-chunks.ts';
import type { ContentWriters, OpenContent } from '../content-writers.ts';
import type { Content, Entry, Meta } from './entry.ts';
import { lendFramed } from './entry-stream.ts';
import type { RootDirectory } from './snapshot.ts';
import { deepError } from './walk.ts';

interface OpenDirectory {
  readonly name: Uint8Array;
  readonly meta: Meta;
  readonly writer: OpenContent;
  last: Uint8Array | null;
}

/**
 * Puts entries, told in the order of a walk, into the streams of their directories. Holds what is unfinished of each
 * directory on the way down.
 */
export class TreeBuilder {
  readonly #writers: ContentWriters;
  readonly #open: OpenDirectory[];
  #bytes = 0;

  constructor(writers: ContentWriters, root: Meta) {
    this.#writers = writers;
    this.#open = [{ name: new Uint8Array(), meta: root, writer: writers.open(), last: null }];
  }

  /** Bytes of entries written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Directories that are open, the root among them. */
  get depth(): number {
    return this.#open.length;
  }

  /** @throws tree_deep. */
  enter(name: Uint8Array, meta: Meta): void {
    this.#follow(name);
    if (this.#open.length > TREE_DEPTH_MAX) throw deepError();
    this.#open.push({ name, meta, writer: this.#writers.open(), last: null });
  }

  /** Ends the directory that was entered last, and puts it into the one above. @throws entry_large. */
  leave(): void {
    assert(this.#open.length > 1, 'a directory was entered');
    const { name, meta, content } = this.#close();
    this.#write({ name, kind: 'directory', meta, content });
  }

  /** Anything but a directory. @throws tree_deep, entry_large. */
  add(entry: Exclude<Entry, { readonly kind: 'directory' }>): void {
    this.#follow(entry.name);
    if (this.#open.length > TREE_DEPTH_MAX) throw deepError();
    this.#write(entry);
  }

  end(): RootDirectory {
    assert(this.#open.length === 1, 'every directory was left');
    const { meta, content } = this.#close();
    return { kind: 'directory', meta, content };
  }

  #close(): { readonly name: Uint8Array; readonly meta: Meta; readonly content: Content } {
    const closed = this.#open.pop();
    assert(closed !== undefined, 'a tree ends once');
    return { name: closed.name, meta: closed.meta, content: closed.writer.end() };
  }

  #follow(name: Uint8Array): void {
    const open = this.#open.at(-1);
    assert(open !== undefined, 'nothing comes after the end');
    assert(open.last === null || compareBytes(open.last, name) < 0, 'entries come sorted, each name once');
    open.last = name;
  }

  #write(entry: Entry): void {
    lendFramed(entry, (bytes) => {
      this.#bytes += bytes.length;
      this.#open.at(-1)?.writer.push(bytes);
    });
  }
}
