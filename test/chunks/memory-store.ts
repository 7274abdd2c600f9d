import { assert } from '../../src/base/assert.ts';
import { toHex } from '../../src/base/bytes.ts';
import { CodedError, codeOf } from '../../src/base/errors.ts';
import { partsOfBlob } from '../../src/chunks/blob-parts.ts';
import type { Part } from '../../src/chunks/list.ts';
import type { BlobRoot } from '../../src/chunks/list-writer.ts';
import type { ChunkImport, ChunkStore, ImportCounts, Root, RootKind, Roots } from '../../src/chunks/ports.ts';
import { checkRootForm } from '../../src/chunks/root-form.ts';
import { sha256 } from '../../src/format/ids.ts';

/** A chunk store in memory, for the tests of what uses one. Nothing is compressed, nothing is collected. */
export class MemoryStore implements ChunkStore {
  /** By the digest in hex. A test may take away or spoil what it likes. */
  readonly chunks = new Map<string, Uint8Array>();
  readonly roots = new MemoryRoots(this);
  /** Digests in hex, in the order in which they were told, those that were here included. */
  readonly told: string[] = [];
  openImports = 0;

  readonly get = async (digest: Uint8Array): Promise<Uint8Array | null> => {
    const bytes = this.chunks.get(toHex(digest));
    return bytes !== undefined && Buffer.compare(sha256(bytes), digest) === 0 ? new Uint8Array(bytes) : null;
  };

  beginImport(): MemoryImport {
    return new MemoryImport(this);
  }
}

class MemoryImport implements ChunkImport {
  readonly #store: MemoryStore;
  #counts = { chunks: 0, bytes: 0, newChunks: 0, newBytes: 0, storedBytes: 0 };
  #hasEnded = false;

  constructor(store: MemoryStore) {
    this.#store = store;
    store.openImports += 1;
  }

  get counts(): ImportCounts {
    return { ...this.#counts };
  }

  chunk({ digest, length }: Part, bytes: Uint8Array): void {
    assert(bytes.length === length, 'a chunk is as long as it says');
    this.list(digest, bytes);
  }

  list(digest: Uint8Array, bytes: Uint8Array): void {
    assert(!this.#hasEnded, 'nothing is told after the end');
    assert(Buffer.compare(sha256(bytes), digest) === 0, 'a chunk is told by its digest');
    const { length } = bytes;
    const counts = this.#counts;
    const key = toHex(digest);
    this.#store.told.push(key);
    counts.chunks += 1;
    counts.bytes += length;
    const found = this.#store.chunks.get(key);
    if (found !== undefined && Buffer.compare(sha256(found), digest) === 0) return;
    counts.newChunks += 1;
    counts.newBytes += length;
    counts.storedBytes += length;
    this.#store.chunks.set(key, new Uint8Array(bytes));
  }

  async keep(root: BlobRoot): Promise<boolean> {
    try {
      for await (const digests of partsOfBlob(root, this.#store.get)) {
        for (const digest of digests) if ((await this.#store.get(digest)) === null) return false;
      }
      return true;
    } catch (error) {
      if (codeOf(error) === 'chunk_missing') return false;
      throw error;
    }
  }

  async room(): Promise<void> {}

  async flush(): Promise<void> {}

  end(): void {
    assert(!this.#hasEnded, 'an import ends once');
    this.#hasEnded = true;
    this.#store.openImports -= 1;
  }
}

class MemoryRoots implements Roots {
  readonly #store: MemoryStore;
  readonly #roots = new Map<string, Root>();

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  set(root: Root): void {
    checkRootForm(root);
    const { target } = root;
    const digest = target.kind === 'snapshot' ? target.digest : target.root?.digest;
    assert(this.#store.openImports > 0, 'a root is set before the import ends');
    if (digest !== undefined && !this.#store.chunks.has(toHex(digest))) {
      throw new CodedError('chunk_missing', 'what the root names is not here', { fields: { digest: toHex(digest) } });
    }
    this.#roots.set(keyOf(root.kind, root.name), root);
  }

  remove(kind: RootKind, name: string): boolean {
    return this.#roots.delete(keyOf(kind, name));
  }

  find(kind: RootKind, name: string): Root | null {
    return this.#roots.get(keyOf(kind, name)) ?? null;
  }

  list(kind?: RootKind): readonly Root[] {
    const found = [...this.#roots].filter(([, root]) => kind === undefined || root.kind === kind);
    return found.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(([, root]) => root);
  }
}

/** No kind has a control character in it. */
function keyOf(kind: RootKind, name: string): string {
  return `${kind}\0${name}`;
}
