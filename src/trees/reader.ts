import { assert } from '../base/assert.ts';
import { utf8 } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { FileLook } from '../chunks/ports.ts';
import type { ContentEnd, OnContent } from './content-end.ts';
import { contentFrom } from './file-content.ts';
import { type Found, type FoundEntry, foundIn } from './found.ts';
import { LentFiles } from './lent-files.ts';
import { errorName } from './problems.ts';
import { named } from './request-bytes.ts';
import { TreesProcess } from './trees-process.ts';

interface Batch {
  readonly entries: readonly Found[];
  readonly isLast: boolean;
}

/** Walks a folder by `blockmesh-trees read`: stands in one directory, and goes into those in it and back. */
export class TreeReader {
  readonly #process: TreesProcess;
  /** null: all contents come by the pipe. */
  #lent: LentFiles | null = null;
  /** What came with the answer to the last `enter`. */
  #first: Batch = { entries: [], isLast: true };

  constructor(signal: AbortSignal) {
    this.#process = new TreesProcess('read', signal);
  }

  /** @throws folder_not_read. */
  async open(folder: string): Promise<FoundEntry> {
    this.#process.send('o', named(utf8(folder)));
    const root = await this.#entered();
    if (typeof root !== 'number') {
      this.#lent = await this.#lender(root.look);
      return root;
    }
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

  /** The entries of the directory that was entered last, some at a time, by the bytes of their names. */
  async *batches(): AsyncGenerator<readonly Found[]> {
    for (let batch = this.#first; ; batch = await this.#batch()) {
      yield batch.entries;
      if (batch.isLast) return;
      this.#process.send('n');
    }
  }

  /** Asks for files of this directory; `content` tells of one after the other, and is to be called for each. */
  ask(names: readonly Uint8Array[]): void {
    if (names.length === 0) return;
    const count = Buffer.alloc(4);
    count.writeUInt32LE(names.length);
    this.#process.send(this.#lent === null ? 'r' : 'R', count, ...names.map(named));
  }

  content(onContent: OnContent): Promise<ContentEnd> {
    return contentFrom(this.#process, onContent, this.#lent);
  }

  end(): Promise<void> {
    return this.#process.end();
  }

  async #lender(look: FileLook): Promise<LentFiles | null> {
    const { pid } = this.#process;
    this.#process.send('h');
    const fields = await this.#process.fields(await this.#process.head());
    if (pid === undefined) return null;
    const lent = new LentFiles(pid);
    return lent.canOpen(fields.u32(), look) ? lent : null;
  }

  async #entered(): Promise<FoundEntry | number> {
    const head = await this.#process.head();
    const fields = await this.#process.fields(head);
    if (head.type === 'X') return fields.u32();
    const found = foundIn(fields);
    assert(head.type === 'M' && found.kind !== 'lost', 'a directory that was entered is told');
    this.#first = await this.#batch();
    return found;
  }

  async #batch(): Promise<Batch> {
    const head = await this.#process.head();
    assert(head.type === 'B', 'a batch is answered');
    const fields = await this.#process.fields(head);
    const isLast = fields.u8() === 1;
    const entries: Found[] = [];
    while (!fields.isAtEnd) entries.push(foundIn(fields));
    return { entries, isLast };
  }
}
