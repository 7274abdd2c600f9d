import { TREE_DEPTH_MAX } from '../base/limits-chunks.ts';
import { ContentWriters, type OpenContent } from '../chunks/content-writers.ts';
import type { Content } from '../chunks/tree/entry.ts';
import { encodeSnapshot } from '../chunks/tree/snapshot.ts';
import { chunkerFor } from '../format/chunkers/cut.ts';
import { sha256 } from '../format/ids.ts';
import { type CreateCounts, type Created, type CreateOptions, toldBytesMax } from './create-options.ts';
import { Entries } from './entries.ts';
import type { FilesPlan } from './file-contents.ts';
import { type Run, runsOf } from './file-runs.ts';
import { FilesFolder } from './files-folder.ts';
import type { FoundEntry } from './found.ts';
import { Meter } from './meter.ts';
import { pathTo } from './paths.ts';
import { errorName, Problems } from './problems.ts';
import { type Batch, type Entered, TreeReader } from './reader.ts';
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

type AskOn = () => Promise<void>;

/** A directory on the way from the root. */
interface Place {
  readonly path: Uint8Array;
  readonly depth: number;
}

interface Here extends Place {
  readonly folder: FilesFolder;
}

class Creation {
  readonly problems = new Problems();
  readonly #options: CreateOptions;
  readonly #reader: TreeReader;
  readonly #writers: ContentWriters;
  readonly #entries: Entries;
  #directories = 0;
  #device = 0n;

  constructor(options: CreateOptions, reader: TreeReader) {
    this.#options = options;
    this.#reader = reader;
    this.#writers = new ContentWriters(() => chunkerFor(options.profile), options.import);
    const meter = new Meter(options.import, options.signal);
    this.#entries = new Entries({ ...options, reader, writers: this.#writers, meter, problems: this.problems });
  }

  get counts(): CreateCounts {
    return { directories: this.#directories, ...this.#entries.counts };
  }

  async run(): Promise<Uint8Array> {
    const root = await this.#reader.open(this.#options.folder, toldBytesMax(this.#options));
    this.#device = root.found.look.device;
    const content = await this.#directory(root, { path: ROOT, depth: 0 }, async () => undefined);
    const bytes = encodeSnapshot({ kind: 'directory', meta: this.#entries.metaOf(root.found, ROOT), content });
    const digest = sha256(bytes);
    this.#options.import.list(digest, bytes);
    return digest;
  }

  /** @param askOn asks for what comes after all of this directory: it is called before the last of it is taken. */
  async #directory(entered: Entered, { path, depth }: Place, askOn: AskOn): Promise<Content> {
    this.#directories += 1;
    const stream = this.#writers.open();
    const folder = new FilesFolder(path, () => this.#reader.lend(entered));
    try {
      for (let batch = entered.first; ; batch = await this.#reader.batch()) {
        const { isLast } = batch;
        await this.#batch(stream, batch, { folder, path, depth }, async () => {
          if (isLast) await askOn();
          else this.#reader.askMore();
        });
        if (isLast) return stream.end();
      }
    } finally {
      folder.close();
    }
  }

  /** Asks for each run of the batch before the one in front of it is taken. */
  async #batch(stream: OpenContent, { entries }: Batch, here: Here, askOn: AskOn): Promise<void> {
    const runs = [...runsOf(wantedOf(entries, here.path, { ...this.#options, problems: this.problems }))];
    const plans = new Map<Run, FilesPlan | null>();
    const ask = async (index: number): Promise<void> => {
      const run = runs[index];
      if (run === undefined) await askOn();
      else if (run[0].kind !== 'directory') plans.set(run, await this.#entries.plan(run, here.folder));
      else if (mayEnter(here)) this.#reader.askEnter(run[0].name);
    };
    await ask(0);
    for (const [index, run] of runs.entries()) {
      const askNext = () => ask(index + 1);
      if (run[0].kind === 'directory') await this.#subdirectory(stream, run[0], here, askNext);
      else await this.#entries.files(stream, run, { folder: here.folder, plan: plans.get(run) ?? null, askNext });
      plans.delete(run);
    }
    this.#options.onProgress?.(this.counts);
  }

  async #subdirectory(stream: OpenContent, { name }: FoundEntry, here: Here, askNext: AskOn): Promise<void> {
    const path = pathTo(here.path, name);
    const now = mayEnter(here) ? await this.#reader.entered() : ENAMETOOLONG;
    if (typeof now === 'number') {
      this.problems.add('not_read', path, errorName(now));
      await askNext();
      return;
    }
    const askOn = async (): Promise<void> => {
      this.#reader.leave();
      await askNext();
    };
    const { found } = now;
    let content: Content = { inline: ROOT };
    const isElsewhere = this.#options.isOneFilesystem === true && found.look.device !== this.#device;
    if (isElsewhere) await askOn();
    else content = await this.#directory(now, { path, depth: here.depth + 1 }, askOn);
    await this.#entries.directory(stream, { ...found, name }, path, content);
  }
}

const ENAMETOOLONG = 36;

function mayEnter({ depth }: Place): boolean {
  return depth + 1 < TREE_DEPTH_MAX;
}
