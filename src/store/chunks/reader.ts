import type { Statement } from 'better-sqlite3';
import { CodedError, codeOf } from '../../base/errors.ts';
import { PACK_BYTES_MAX, READ_CACHE_BYTES_MAX } from '../../base/limits-chunks.ts';
import { sha256 } from '../../format/ids.ts';
import { decodePack } from './coding.ts';
import type { ChunksFile } from './file.ts';
import { CODED_ROW, type CodedRow } from './pack-rows.ts';
import type { Quarantine } from './quarantine.ts';
import type { ChunkRow } from './rows.ts';

type Place = Pick<ChunkRow, 'pack' | 'at' | 'length'>;

/** What a chunk was found to be: its bytes; not what it should be; or in a pack that went while it was looked for. */
type Found = { readonly bytes: Uint8Array } | 'rotten' | 'moved';

/** A collection writes a pack anew once; whoever reads slower than three of them finds none. */
const TRIES_MAX = 3;

/** Reads chunks, and checks each; keeps the last unpacked packs, READ_CACHE_BYTES_MAX together. */
export class ChunkReader {
  readonly #file: ChunksFile;
  readonly #quarantine: Quarantine;
  readonly #place: Statement<[Uint8Array], Place>;
  readonly #pack: Statement<[number], CodedRow>;
  /** By number, the one that was read last at the end. Numbers are not given twice, so what is here stays true. */
  readonly #packs = new Map<number, Promise<Uint8Array | null>>();
  readonly #sizes = new Map<number, number>();
  #bytes = 0;

  constructor(file: ChunksFile, quarantine: Quarantine) {
    const { database } = file;
    this.#file = file;
    this.#quarantine = quarantine;
    this.#place = database.prepare('SELECT pack, at, length FROM chunk WHERE digest = ?');
    this.#pack = database.prepare(CODED_ROW);
  }

  /**
   * @returns null when it is absent, or not what it should be: then it is in quarantine.
   * @throws chunks_damaged, chunks_io, chunks_locked.
   */
  async get(digest: Uint8Array): Promise<Uint8Array | null> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const place = this.#file.read(() => this.#place.get(digest));
      if (place === undefined) return null;
      let found = await this.#at(place, digest);
      if (found === 'rotten') {
        // Once more, from the file: what was kept here may be what went bad.
        this.#drop(place.pack);
        found = await this.#at(place, digest);
      }
      if (found === 'rotten') {
        this.#condemn(digest, place);
        return null;
      }
      if (found !== 'moved') return found.bytes;
    }
    return null;
  }

  async #at({ pack, at, length }: Place, digest: Uint8Array): Promise<Found> {
    const raw = await this.#raw(pack);
    if (raw === null) return this.#file.read(() => this.#place.get(digest))?.pack === pack ? 'rotten' : 'moved';
    // A copy: whoever asked may change it.
    const bytes = new Uint8Array(raw.subarray(at, at + length));
    return bytes.length === length && Buffer.compare(sha256(bytes), digest) === 0 ? { bytes } : 'rotten';
  }

  #raw(id: number): Promise<Uint8Array | null> {
    const kept = this.#packs.get(id);
    if (kept !== undefined) {
      this.#packs.delete(id);
      this.#packs.set(id, kept);
      return kept;
    }
    const row = this.#file.read(() => this.#row(id));
    if (row === null) return Promise.resolve(null);
    const raw = decodePack(row, row.raw_bytes);
    // What a damaged row says of its length is no measure of what is kept.
    const bytes = Math.min(Math.max(0, row.raw_bytes), PACK_BYTES_MAX);
    this.#packs.set(id, raw);
    this.#sizes.set(id, bytes);
    this.#bytes += bytes;
    for (const oldest of this.#packs.keys()) {
      if (this.#bytes <= READ_CACHE_BYTES_MAX || oldest === id) break;
      this.#drop(oldest);
    }
    return raw;
  }

  /** null: it is not there, or the pages it lies on are not what they were. */
  #row(id: number): CodedRow | null {
    try {
      return this.#pack.get(id) ?? null;
    } catch (error) {
      if (codeOf(error)?.startsWith('SQLITE_CORRUPT')) return null;
      throw error;
    }
  }

  #drop(id: number): void {
    this.#packs.delete(id);
    this.#bytes -= this.#sizes.get(id) ?? 0;
    this.#sizes.delete(id);
  }

  #condemn(digest: Uint8Array, { pack }: Place): void {
    try {
      this.#file.write(() => this.#quarantine.add(digest, pack, 'it was not what its name says when it was read'));
    } catch (error) {
      // On a disk that takes nothing more it is as absent; the next read finds out again.
      if (!(error instanceof CodedError)) throw error;
    }
  }
}
