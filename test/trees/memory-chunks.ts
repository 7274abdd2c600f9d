import { equalBytes, toHex } from '../../src/base/bytes.ts';
import { LIST_BYTES_MAX } from '../../src/base/limits-chunks.ts';
import type { Fetch } from '../../src/chunks/blob-reader.ts';
import type { BlobRoot } from '../../src/chunks/list-writer.ts';
import type { ChunkImport, FileLook, SeenFiles } from '../../src/chunks/ports.ts';
import { decodeEntry } from '../../src/chunks/tree/entry-code.ts';
import { decodeValue } from '../../src/format/codec.ts';
import { sha256 } from '../../src/format/ids.ts';

/** Chunks in memory, which checks that parts are told before what names them. */
export class MemoryChunks {
  readonly kept = new Map<string, Uint8Array>();
  /** How often there was to be room, and the most bytes that came in between. */
  rooms = 0;
  roomBytesMax = 0;
  #sinceRoom = 0;

  readonly fetch: Fetch = async (digest) => this.kept.get(toHex(digest)) ?? null;

  /** Of a list, or of what the document of a snapshot names. */
  #checkParts(bytes: Uint8Array): void {
    const value = decodeValue(bytes, LIST_BYTES_MAX * 2) as { readonly parts?: Uint8Array; readonly root?: Uint8Array };
    const digests = value.parts ?? idOf(value.root);
    for (let at = 0; at < digests.length; at += 32) {
      const digest = digests.subarray(at, at + 32);
      if (!this.kept.has(toHex(digest))) throw new Error(`told before its part ${toHex(digest)}`);
    }
  }

  put(bytes: Uint8Array): Uint8Array {
    const digest = sha256(bytes);
    this.kept.set(toHex(digest), Uint8Array.from(bytes));
    return digest;
  }

  import(): ChunkImport {
    const counts = { chunks: 0, bytes: 0, newChunks: 0, newBytes: 0, storedBytes: 0 };
    const tell = (digest: Uint8Array, bytes: Uint8Array) => {
      counts.chunks += 1;
      counts.bytes += bytes.length;
      this.#sinceRoom += bytes.length;
      this.roomBytesMax = Math.max(this.roomBytesMax, this.#sinceRoom);
      if (this.kept.has(toHex(digest))) return;
      counts.newChunks += 1;
      counts.newBytes += bytes.length;
      if (!equalBytes(this.put(bytes), digest)) throw new Error('a chunk is not what its name says');
    };
    return {
      chunk: ({ digest }, bytes) => tell(digest, bytes),
      list: (digest, bytes) => {
        this.#checkParts(bytes);
        tell(digest, bytes);
      },
      keep: async ({ digest }: BlobRoot) => this.kept.has(toHex(digest)),
      room: async () => {
        this.rooms += 1;
        this.#sinceRoom = 0;
      },
      flush: async () => undefined,
      counts,
      end: () => undefined,
    };
  }
}

function idOf(root: Uint8Array | undefined): Uint8Array {
  if (root === undefined) return new Uint8Array();
  const entry = decodeEntry(root);
  return entry.kind === 'directory' && 'digest' in entry.content ? entry.content.digest : new Uint8Array();
}

export class MemorySeen implements SeenFiles {
  readonly #seen = new Map<string, { readonly look: FileLook; readonly content: BlobRoot }>();

  get wasHere(): boolean {
    return this.#seen.size > 0;
  }

  find(path: Uint8Array, look: FileLook): BlobRoot | null {
    const known = this.#seen.get(toHex(path));
    if (known === undefined) return null;
    const isSame = Object.entries(look).every(([field, value]) => known.look[field as keyof FileLook] === value);
    return isSame ? known.content : null;
  }

  note(path: Uint8Array, look: FileLook, content: BlobRoot): void {
    this.#seen.set(toHex(path), { look, content });
  }
}
