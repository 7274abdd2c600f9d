import { TREE_DEPTH_MAX } from '../base/limits-chunks.ts';
import { ContentWriters, type OpenContent } from '../chunks/content-writers.ts';
import type { Content, Entry } from '../chunks/tree/entry.ts';
import { framedEntry } from '../chunks/tree/entry-stream.ts';
import { encodeSnapshot } from '../chunks/tree/snapshot.ts';
import { chunkerFor } from '../format/chunkers/cut.ts';
import { sha256 } from '../format/ids.ts';
import type { CreateCounts, Created, CreateOptions } from './create-options.ts';
import { FileContents } from './file-contents.ts';
import { runsOf } from './file-runs.ts';
import type { FoundEntry } from './found.ts';
import { hardLink, isLinked, Linked } from './linked.ts';
import { Meter } from './meter.ts';
import { pathTo } from './paths.ts';
import { errorName, Problems } from './problems.ts';
import { TreeReader } from './reader.ts';
import { specialEntry } from './special-entry.ts';
import { wantedOf } from './wanted.ts';

/**
 * Makes a snapshot of a folder, and resolves once it is durable; the caller then sets a root to it and ends the import.
 * @throws folder_not_read, trees_cut, trees_failed; what the import throws.
 */
export async function createSnapshot(options: CreateOptions): Promise<Created> {
  const reader = new TreeReader(options.signal);
  try {
    const creation = new Creation(options, reader);
    const digest = await creation.run();
    await options.import.flush();
    const { told, count, missingCount } = creation.problems;
    return { digest, counts: creation.counts, problems: told, problemsCount: count, missingCount };
  } finally {
    await reader.end();
  }
}

const ROOT = new Uint8Array();

class Creation {
  readonly problems = new Problems();
  readonly #options: CreateOptions;
  readonly #reader: TreeReader;
  readonly #writers: ContentWriters;
  readonly #contents: FileContents;
  readonly #meter: Meter;
  readonly #linked = new Linked();
  readonly #counts = { files: 0, directories: 0, others: 0 };
  #device = 0n;

  constructor(options: CreateOptions, reader: TreeReader) {
    this.#options = options;
    this.#reader = reader;
    this.#writers = new ContentWriters(() => chunkerFor(options.profile), options.import);
    this.#meter = new Meter(options.import, options.signal);
    const parts = { reader, writers: this.#writers, meter: this.#meter, problems: this.problems };
    this.#contents = new FileContents({ ...options, ...parts });
  }

  get counts(): CreateCounts {
    return { ...this.#counts, ...this.#contents.counts };
  }

  async run(): Promise<Uint8Array> {
    const root = await this.#reader.open(this.#options.folder);
    this.#device = root.look.device;
    const content = await this.#directory(ROOT, 0);
    const bytes = encodeSnapshot({ kind: 'directory', meta: this.#metaOf(root, ROOT), content });
    const digest = sha256(bytes);
    this.#options.import.list(digest, bytes);
    return digest;
  }

  /** The directory in which the reader stands. */
  async #directory(path: Uint8Array, depth: number): Promise<Content> {
    this.#counts.directories += 1;
    const stream = this.#writers.open();
    for await (const batch of this.#reader.batches()) {
      for (const run of runsOf(wantedOf(batch, path, { ...this.#options, problems: this.problems }))) {
        const [first] = run;
        if (first?.kind === 'directory') await this.#subdirectory(stream, first, path, depth);
        else await this.#files(stream, run, path);
      }
      this.#options.onProgress?.(this.counts);
    }
    return stream.end();
  }

  async #subdirectory(stream: OpenContent, found: FoundEntry, folder: Uint8Array, depth: number): Promise<void> {
    const path = pathTo(folder, found.name);
    const now = depth + 1 < TREE_DEPTH_MAX ? await this.#reader.enter(found.name) : ENAMETOOLONG;
    if (typeof now === 'number') {
      this.problems.add('not_read', path, errorName(now));
      return;
    }
    const isElsewhere = this.#options.isOneFilesystem === true && now.look.device !== this.#device;
    const content = isElsewhere ? { inline: ROOT } : await this.#directory(path, depth + 1);
    this.#reader.leave();
    const { name } = found;
    await this.#push(stream, { name, kind: 'directory', meta: this.#metaOf({ ...now, name }, path), content });
  }

  async #files(stream: OpenContent, run: readonly FoundEntry[], folder: Uint8Array): Promise<void> {
    const known = new Map<FoundEntry, Uint8Array>();
    for (const found of run) {
      const first = isLinked(found) ? this.#linked.firstPath(found) : null;
      if (first !== null) known.set(found, first);
    }
    await this.#contents.plan(
      run.filter((found) => found.kind === 'file' && !known.has(found)),
      folder,
    );
    for (const found of run) {
      const path = pathTo(folder, found.name);
      const to = known.get(found);
      const entry = to === undefined ? await this.#entry(found, path) : hardLink(found, to);
      if (entry === null) continue;
      this.#counts[found.kind === 'file' && to === undefined ? 'files' : 'others'] += 1;
      await this.#push(stream, entry);
      if (to === undefined && !this.#linked.note(found, path)) this.problems.add('links_many', path, '');
    }
  }

  /** @returns null when it is to be left out, which has been told. */
  async #entry(found: FoundEntry, path: Uint8Array): Promise<Entry | null> {
    const { name, kind, hasHoles } = found;
    if (kind === 'file') {
      const content = await this.#contents.next(found, path);
      return content === null ? null : { name, kind, meta: this.#metaOf(found, path), content, hasHoles };
    }
    const entry = specialEntry({ ...found, meta: this.#metaOf(found, path) });
    if (entry === null) this.problems.add('not_read', path, 'its target cannot be read');
    return entry;
  }

  #metaOf(found: FoundEntry, path: Uint8Array): FoundEntry['meta'] {
    if (found.hasLostAttributes) this.problems.add('attributes_not_read', path, '');
    if (Math.abs(found.meta.modified.seconds) === Number.MAX_SAFE_INTEGER) this.problems.add('time_not_read', path, '');
    return found.meta;
  }

  async #push(stream: OpenContent, entry: Entry): Promise<void> {
    const bytes = framedEntry(entry);
    stream.push(bytes);
    await this.#meter.gave(bytes.length);
  }
}

const ENAMETOOLONG = 36;
