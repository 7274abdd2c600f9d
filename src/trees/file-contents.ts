import { CHUNK_BYTES_MAX, INLINE_BYTES_MAX } from '../base/limits-chunks.ts';
import type { ContentWriters } from '../chunks/content-writers.ts';
import type { ChunkImport, SeenFiles } from '../chunks/ports.ts';
import type { Content } from '../chunks/tree/entry.ts';
import { lengthOf } from './content-source.ts';
import type { CreateCounts } from './create-options.ts';
import { type FoundEntry, isSameLook } from './found.ts';
import type { Meter } from './meter.ts';
import { pathTo } from './paths.ts';
import { errorName, type Problems } from './problems.ts';
import type { TreeReader } from './reader.ts';

interface Parts {
  readonly reader: TreeReader;
  readonly writers: ContentWriters;
  readonly meter: Meter;
  readonly import: ChunkImport;
  readonly seen?: SeenFiles;
  readonly nowMs: () => number;
  readonly problems: Problems;
  readonly onProgress?: (counts: CreateCounts) => void;
}

/** A clock of files moves in steps, on a stick with FAT of two seconds: two changes within one look like one. */
const FRESH_NS = 2_100_000_000n;
const NS_A_MS = 1_000_000n;

/** Contents of files: known from an earlier time, or read, cut and told. */
export class FileContents {
  readonly #parts: Parts;
  readonly #known = new Map<FoundEntry, Content>();
  readonly #zeros = new Uint8Array(CHUNK_BYTES_MAX);
  readonly counts = { bytes: 0, filesRead: 0, bytesRead: 0 };
  #plannedNs = 0n;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Asks for what has to be read of these files of the directory in which the reader stands. */
  async plan(files: readonly FoundEntry[], folder: Uint8Array): Promise<void> {
    // Before they are read: one that was fresh then may have changed again while it was, and look the same.
    this.#plannedNs = BigInt(Math.floor(this.#parts.nowMs())) * NS_A_MS;
    const unknown: Uint8Array[] = [];
    for (const found of files) {
      const content = await this.#find(found, pathTo(folder, found.name));
      if (content === null) unknown.push(found.name);
      else this.#known.set(found, content);
    }
    this.#parts.reader.ask(unknown);
  }

  /** The content of the next of the files that were planned; null for one that cannot be read, which has been told. */
  async next(found: FoundEntry, path: Uint8Array): Promise<Content | null> {
    const known = this.#known.get(found);
    this.#known.delete(found);
    if (known !== undefined) this.#note(found, path, known);
    const content = known ?? (await this.#read(found, path));
    if (content !== null) this.counts.bytes += lengthOf(content);
    return content;
  }

  async #find({ look }: FoundEntry, path: Uint8Array): Promise<Content | null> {
    if (look.bytes === 0) return { inline: new Uint8Array() };
    // What is so small was not noted.
    if (look.bytes <= INLINE_BYTES_MAX) return null;
    const content = this.#parts.seen?.find(path, look) ?? null;
    // A row that rotted would give the entry a length that nobody can read it by.
    if (content === null || lengthOf(content) !== look.bytes) return null;
    return (await this.#parts.import.keep(content)) ? content : null;
  }

  async #read(found: FoundEntry, path: Uint8Array): Promise<Content | null> {
    const { reader, writers, problems } = this.#parts;
    const writer = writers.open();
    const end = await reader.content((bytes, length) => {
      if (bytes === null) return this.#pushZeros(length, (zeros) => writer.push(zeros));
      writer.push(bytes);
      return this.#parts.meter.gave(length);
    });
    const content = writer.end();
    if (!end.isOpened || end.code !== 0) {
      problems.add('not_read', path, errorName(end.code));
      return null;
    }
    this.counts.filesRead += 1;
    this.counts.bytesRead += lengthOf(content);
    const isSteady = isSameLook(end.before, end.after) && lengthOf(content) === end.after.bytes;
    if (!isSteady || !isSameLook(found.look, end.before)) problems.add('file_changed', path, '');
    else if (this.#isOld(found)) this.#note(found, path, content);
    return content;
  }

  #note({ look }: FoundEntry, path: Uint8Array, content: Content): void {
    if (!('inline' in content)) this.#parts.seen?.note(path, look, content);
  }

  #isOld({ look }: FoundEntry): boolean {
    return this.#plannedNs - look.changedNs > FRESH_NS;
  }

  async #pushZeros(length: number, push: (zeros: Uint8Array) => void): Promise<void> {
    for (let left = length; left > 0; ) {
      const zeros = this.#zeros.subarray(0, left);
      push(zeros);
      left -= zeros.length;
      await this.#parts.meter.gave(zeros.length);
    }
  }
}
