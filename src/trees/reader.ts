import { assert } from '../base/assert.ts';
import { utf8 } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { ContentEnd, OnContent } from './content-end.ts';
import { contentFrom } from './file-content.ts';
import { type Found, type FoundEntry, foundIn } from './found.ts';
import { Lender, type LentFolder } from './lent-folder.ts';
import { errorName } from './problems.ts';
import { named, u32 } from './request-bytes.ts';
import { TreesProcess } from './trees-process.ts';

/** A directory that was entered. */
export interface Entered {
  /** What it is now. */
  readonly found: FoundEntry;
  /** By which the process holds it open until it leaves. */
  readonly number: number;
  readonly first: Batch;
}

/** Some entries of a directory, by the bytes of their names. */
export interface Batch {
  readonly entries: readonly Found[];
  readonly isLast: boolean;
}

/**
 * Walks a folder by `blockmesh-trees read`: stands in one directory, and goes into those in it and back. What is asked may go
 * ahead of what is taken, in the same order: so the process finds the next things while these are cut.
 */
export class TreeReader {
  readonly #process: TreesProcess;
  /** null: all contents come by the pipe. */
  #lender: Lender | null = null;

  constructor(signal: AbortSignal) {
    this.#process = new TreesProcess('read', signal);
  }

  /** @param contentBytesMax of entries of files that have their content with them. @throws folder_not_read. */
  async open(folder: string, contentBytesMax: number): Promise<Entered> {
    this.#ask('o', u32(contentBytesMax), named(utf8(folder)));
    const root = await this.entered();
    if (typeof root !== 'number') {
      this.#lender = this.#lenderFor(root);
      return root;
    }
    throw new CodedError('folder_not_read', `${folder} cannot be read: ${errorName(root)}`, {
      fields: { folder, error: errorName(root) },
    });
  }

  /** Asks for a directory in this one; `entered` tells of it. */
  askEnter(name: Uint8Array): void {
    this.#ask('e', named(name));
  }

  /** @returns an error number where it could not be: then the process stands where it stood. */
  async entered(): Promise<Entered | number> {
    const head = await this.#process.head();
    const fields = await this.#process.fields(head);
    if (head.type === 'X') return fields.u32();
    const found = foundIn(fields);
    assert(head.type === 'M' && found.kind !== 'lost', 'a directory that was entered is told');
    return { found, number: fields.u32(), first: await this.batch() };
  }

  leave(): void {
    this.#process.send('l');
  }

  /** Asks for more entries of this directory; `batch` tells them. */
  askMore(): void {
    this.#ask('n');
  }

  async batch(): Promise<Batch> {
    const head = await this.#process.head();
    assert(head.type === 'B', 'a batch is answered');
    const fields = await this.#process.fields(head);
    const isLast = fields.u8() === 1;
    const entries: Found[] = [];
    while (!fields.isAtEnd) entries.push(foundIn(fields));
    return { entries, isLast };
  }

  /** Asks for files of this directory; `content` tells of one after the other, and is to be called for each. */
  askContents(names: readonly Uint8Array[]): void {
    if (names.length === 0) return;
    this.#ask('r', u32(names.length), ...names.map(named));
  }

  content(onContent: OnContent): Promise<ContentEnd> {
    return contentFrom(this.#process, onContent);
  }

  /** Opens a directory that was entered and not left, to read files of it here; null where that cannot be. */
  lend({ number }: Entered): LentFolder | null {
    return this.#lender?.open(number) ?? null;
  }

  /** Has the kernel bring a file that will be read here: told with the next request, or by `push`. */
  expect(path: Uint8Array): void {
    this.#process.send('p', named(path));
  }

  push(): void {
    this.#process.push();
  }

  end(): Promise<void> {
    return this.#process.end();
  }

  #ask(type: string, ...parts: readonly Uint8Array[]): void {
    this.#process.send(type, ...parts);
    this.#process.push();
  }

  /** Tried with the root, of which the look is known: `/proc` may hide the process, or be that of other processes. */
  #lenderFor(root: Entered): Lender | null {
    const { pid } = this.#process;
    if (pid === undefined) return null;
    const lender = new Lender(pid);
    const folder = lender.open(root.number);
    if (folder === null) return null;
    try {
      const { device, inode } = root.found.look;
      return folder.look.device === device && folder.look.inode === inode ? lender : null;
    } finally {
      folder.close();
    }
  }
}
