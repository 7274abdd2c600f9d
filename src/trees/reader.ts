import { assert } from '../base/assert.ts';
import { utf8 } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { FileLook } from '../chunks/ports.ts';
import { type Found, type FoundEntry, foundIn, lookIn } from './found.ts';
import { errorName } from './problems.ts';
import { named } from './request-bytes.ts';
import { TreesProcess } from './trees-process.ts';

/** How the reading of one file went. */
export type ContentEnd =
  /** Nothing of it was told. */
  | { readonly isOpened: false; readonly code: number }
  /** `code` 0: all that it had when it was opened, or as much as was left. */
  | { readonly isOpened: true; readonly code: number; readonly before: FileLook; readonly after: FileLook };

/** Given the bytes of a file in their order, or null and how many zeros come now. */
export type OnContent = (bytes: Uint8Array | null, length: number) => Promise<void> | undefined;

/** Walks a folder by `blockmesh-trees read`: stands in one directory, and goes into those in it and back. */
export class TreeReader {
  readonly #process: TreesProcess;

  constructor(signal: AbortSignal) {
    this.#process = new TreesProcess('read', signal);
  }

  /** @throws folder_not_read. */
  async open(folder: string): Promise<FoundEntry> {
    this.#process.send('o', named(utf8(folder)));
    const root = await this.#entered();
    if (typeof root !== 'number') return root;
    throw new CodedError('folder_not_read', `${folder} cannot be read: ${errorName(root)}`, {
      fields: { folder, error: errorName(root) },
    });
  }

  /** @returns what the directory is now, or an error number: then the reader stands where it stood. */
  enter(name: Uint8Array): Promise<FoundEntry | number> {
    this.#process.send('e', named(name));
    return this.#entered();
  }

  leave(): void {
    this.#process.send('l');
  }

  /** More of the directory, by the bytes of the names; nothing at its end. */
  async next(): Promise<readonly Found[]> {
    this.#process.send('n');
    const head = await this.#process.head();
    assert(head.type === 'B', 'a batch is answered');
    const fields = await this.#process.fields(head);
    const entries: Found[] = [];
    while (!fields.isAtEnd) entries.push(foundIn(fields));
    return entries;
  }

  /** Asks for files of this directory; `content` tells of one after the other, and is to be called for each. */
  ask(names: readonly Uint8Array[]): void {
    if (names.length === 0) return;
    const count = Buffer.alloc(4);
    count.writeUInt32LE(names.length);
    this.#process.send('r', count, ...names.map(named));
  }

  content(onContent: OnContent): Promise<ContentEnd> {
    return contentFrom(this.#process, onContent);
  }

  end(): Promise<void> {
    return this.#process.end();
  }

  async #entered(): Promise<FoundEntry | number> {
    const head = await this.#process.head();
    const fields = await this.#process.fields(head);
    if (head.type === 'X') return fields.u32();
    const found = foundIn(fields);
    assert(head.type === 'M' && found.kind !== 'lost', 'a directory that was entered is told');
    return found;
  }
}

/** What is told of one file. */
export async function contentFrom(trees: TreesProcess, onContent: OnContent): Promise<ContentEnd> {
  const opened = await trees.head();
  const openedFields = await trees.fields(opened);
  if (opened.type === 'X') return { isOpened: false, code: openedFields.u32() };
  const before = lookIn(openedFields).look;
  for (;;) {
    const head = await trees.head();
    if (head.type === 'D') {
      for await (const piece of trees.pieces(head)) await onContent(piece, piece.length);
      continue;
    }
    const fields = await trees.fields(head);
    if (head.type === 'Z') {
      await onContent(null, fields.i64());
      continue;
    }
    assert(head.type === 'E', 'a file that was opened ends');
    const code = fields.u32();
    return { isOpened: true, code, before, after: lookIn(fields).look };
  }
}
