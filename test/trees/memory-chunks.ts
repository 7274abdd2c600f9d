import { equalBytes, toHex } from '../../src/base/bytes.ts';
import type { Fetch } from '../../src/chunks/blob-reader.ts';
import type { BlobRoot } from '../../src/chunks/list-writer.ts';
import type { ChunkImport, FileLook, SeenFiles } from '../../src/chunks/ports.ts';
import type { Content } from '../../src/chunks/tree/entry.ts';
import { sha256 } from '../../src/format/ids.ts';

/** Chunks in memory, which checks that parts are told before what names them. */
export class MemoryChunks {
  readonly kept = new Map<string, Uint8Array>();
  /** How often there was to be room, and the most bytes that came in between. */
  rooms = 0;
  roomBytesMax = 0;
  #sinceRoom = 0;

  readonly fetch: Fetch = async (digest) => this.kept.get(toHex(digest)) ?? null;

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
      list: tell,
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

export class MemorySeen implements SeenFiles {
  readonly #seen = new Map<string, { readonly look: FileLook; readonly content: Content }>();

  find(path: Uint8Array, look: FileLook): Content | null {
    const known = this.#seen.get(toHex(path));
    if (known === undefined) return null;
    const isSame = Object.entries(look).every(([field, value]) => known.look[field as keyof FileLook] === value);
    return isSame ? known.content : null;
  }

  note(path: Uint8Array, look: FileLook, content: Content): void {
    this.#seen.set(toHex(path), { look, content });
  }
}
