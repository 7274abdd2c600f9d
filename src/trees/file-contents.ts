import { CHUNK_BYTES_MAX, INLINE_BYTES_MAX } from '../base/limits-chunks.ts';
import type { ContentWriters, OpenContent } from '../chunks/content-writers.ts';
import type { ChunkImport, SeenFiles } from '../chunks/ports.ts';
import type { Content } from '../chunks/tree/entry.ts';
import type { OnContent } from './content-end.ts';
import { lengthOf } from './content-source.ts';
import type { CreateCounts } from './create-options.ts';
import type { FilesFolder } from './files-folder.ts';
import { type FoundEntry, isSameLook } from './found.ts';
import type { Meter } from './meter.ts';
import { isOwn, OwnFiles } from './own-files.ts';
import { pathTo } from './paths.ts';
import { errorName, type Problems } from './problems.ts';
import type { TreeReader } from './reader.ts';

/** Files of a directory whose contents were asked for. */
export interface FilesPlan {
  /** Before they are read: one that was fresh then may have changed again while it was, and look the same. */
  readonly plannedNs: bigint;
  readonly known: ReadonlyMap<FoundEntry, Content>;
  /** Of these the next is read here, the others come by the pipe. */
  readonly own: ReadonlySet<FoundEntry>;
  readonly ownFiles: OwnFiles | null;
}

export interface FileContentsParts {
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
  readonly #parts: FileContentsParts;
  readonly counts = { bytes: 0, filesRead: 0, bytesRead: 0 };

  constructor(parts: FileContentsParts) {
    this.#parts = parts;
  }

  /** Asks for what has to be read of the files among these entries of a directory that was entered and not left. */
  async plan(run: readonly FoundEntry[], folder: FilesFolder): Promise<FilesPlan> {
    const { nowMs, reader } = this.#parts;
    const files = run.filter(({ kind }) => kind === 'file');
    const plannedNs = BigInt(Math.floor(nowMs())) * NS_A_MS;
    const known = new Map<FoundEntry, Content>();
    for (const found of files) {
      const content = await this.#find(found, pathTo(folder.path, found.name));
      if (content !== null) known.set(found, content);
    }
    const unknown = files.filter((found) => found.content === null && !known.has(found));
    const large = unknown.filter(isOwn);
    const lent = large.length === 0 ? null : folder.open();
    const own = new Set(lent === null ? [] : large);
    reader.askContents(unknown.filter((found) => !own.has(found)).map(({ name }) => name));
    return { plannedNs, known, own, ownFiles: lent === null ? null : new OwnFiles(lent, large, reader) };
  }

  /** The content of the next of the files of a plan; null for one that cannot be read, which has been told. */
  async next(plan: FilesPlan, found: FoundEntry, path: Uint8Array): Promise<Content | null> {
    const known = plan.known.get(found);
    if (known !== undefined) this.#note(found, path, known);
    const content = known ?? (await this.#told(plan, found, path)) ?? (await this.#read(plan, found, path));
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

  async #read(plan: FilesPlan, found: FoundEntry, path: Uint8Array): Promise<Content | null> {
    const { reader, writers, problems } = this.#parts;
    const writer = writers.open();
    const onContent: OnContent = (bytes, length) => {
      if (bytes === null) return this.#pushZeros(length, writer);
      writer.push(bytes);
      return this.#parts.meter.gave(length);
    };
    const own = plan.own.has(found) ? plan.ownFiles : null;
    const end = await (own === null ? reader.content(onContent) : own.read(found, onContent));
    const content = writer.end();
    if (!end.isOpened || end.code !== 0) {
      problems.add('not_read', path, errorName(end.code));
      return null;
    }
    this.#countRead(lengthOf(content));
    const isSteady = isSameLook(end.before, end.after) && lengthOf(content) === end.after.bytes;
    if (!isSteady || !isSameLook(found.look, end.before)) problems.add('file_changed', path, '');
    else this.#noteOld(plan, found, path, content);
    return content;
  }

  /** Of a file whose content came with its entry. */
  async #told(plan: FilesPlan, found: FoundEntry, path: Uint8Array): Promise<Content | null> {
    if (found.content === null) return null;
    const writer = this.#parts.writers.open();
    writer.push(found.content);
    const content = writer.end();
    await this.#parts.meter.gave(found.content.length);
    this.#countRead(found.content.length);
    this.#noteOld(plan, found, path, content);
    return content;
  }

  #noteOld({ plannedNs }: FilesPlan, found: FoundEntry, path: Uint8Array, content: Content): void {
    if (plannedNs - found.look.changedNs > FRESH_NS) this.#note(found, path, content);
  }

  #countRead(bytes: number): void {
    this.counts.filesRead += 1;
    this.counts.bytesRead += bytes;
  }

  #note({ look }: FoundEntry, path: Uint8Array, content: Content): void {
    if (!('inline' in content)) this.#parts.seen?.note(path, look, content);
  }

  async #pushZeros(length: number, writer: OpenContent): Promise<void> {
    for (let left = length; left > 0; ) {
      const zeros = Math.min(left, CHUNK_BYTES_MAX);
      writer.pushZeros(zeros);
      left -= zeros;
      await this.#parts.meter.gave(zeros);
    }
  }
}
