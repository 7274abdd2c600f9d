import { equalBytes } from '../../base/bytes.ts';
import { CodedError } from '../../base/errors.ts';
import { blobIdText } from '../../chunks/blob-id.ts';
import { readBlob } from '../../chunks/blob-reader.ts';
import type { BlobRoot } from '../../chunks/list-writer.ts';
import type { Root } from '../../chunks/ports.ts';
import type { Chunks } from '../../store/chunks/store.ts';
import { idOf } from './find-large.ts';
import { contentOf, refusalsOf } from './let-go.ts';

/**
 * Sets a root, and so lets go of what its name stood for.
 * @param least as `LetGoOptions` has it; null: a name that stands for something else keeps it.
 * @throws name_taken, copies_few; the codes of `Roots.set`.
 */
export function setName(store: Chunks, root: Root, least: number | null): void {
  store.file.write(() => {
    const before = store.roots.find(root.kind, root.name);
    if (before !== null && contentOf(before) !== contentOf(root)) {
      if (least === null) throw nameTaken(before, ' What was stored stays until `blockmesh store gc`.');
      const [refusal = null] = refusalsOf(store, [[before]], least);
      if (refusal !== null) throw refusal;
    }
    store.roots.set(root);
  });
}

export function nameTaken(root: Root, also = ''): CodedError {
  const { name, target } = root;
  return new CodedError('name_taken', `${name} stands for another ${target.kind}`, {
    fields: { name, id: blobIdText(idOf(root)) },
    advice: `Give it another --name, or say --replace.${also}`,
  });
}

/**
 * Passes a stream on as long as it is the same as a blob that is here, of which a put stores nothing new. Where the blob
 * itself cannot be read, that is not known, and the rest is passed on.
 * @param root null: a blob without bytes. @throws `refusal` at the first piece that differs.
 */
export async function* sameAs(
  pieces: AsyncIterable<Uint8Array>,
  root: BlobRoot | null,
  { get }: Pick<Chunks, 'get'>,
  refusal: CodedError,
): AsyncGenerator<Uint8Array> {
  const there = new Compared(root === null ? nothing() : readBlob(root, { from: 0, to: root.length }, get));
  for await (const piece of pieces) {
    if (!(await there.goesOnWith(piece))) throw refusal;
    yield piece;
  }
  if (!(await there.isOver())) throw refusal;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

class Compared {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  #isUnread = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  async goesOnWith(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length; ) {
      if (await this.isOver()) return this.#isUnread;
      const length = Math.min(this.#rest.length, bytes.length - at);
      if (!equalBytes(this.#rest.subarray(0, length), bytes.subarray(at, at + length))) return false;
      this.#rest = this.#rest.subarray(length);
      at += length;
    }
    return true;
  }

  /** Whether there is nothing more, or nothing that could be read. */
  async isOver(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#isUnread) {
      try {
        const { done, value } = await this.#pieces.next();
        if (done === true) return true;
        this.#rest = value;
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        this.#isUnread = true;
      }
    }
    return this.#rest.length === 0;
  }
}
