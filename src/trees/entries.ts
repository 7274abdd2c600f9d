import type { OpenContent } from '../chunks/content-writers.ts';
import type { Content, Entry } from '../chunks/tree/entry.ts';
import { lendFramed } from '../chunks/tree/entry-stream.ts';
import { FileContents, type FileContentsParts, type FilesPlan } from './file-contents.ts';
import type { Run } from './file-runs.ts';
import type { FilesFolder } from './files-folder.ts';
import type { FoundEntry } from './found.ts';
import { hardLink, isLinked, Linked } from './linked.ts';
import { pathTo } from './paths.ts';
import { specialEntry } from './special-entry.ts';

interface FilesStep {
  readonly folder: FilesFolder;
  /** null: nothing of it was asked for yet. */
  readonly plan: FilesPlan | null;
  /** Asks for what comes next. */
  readonly askNext: () => Promise<void>;
}

/** Writes what was found as entries of the directories in which it stands. */
export class Entries {
  readonly #parts: FileContentsParts;
  readonly #contents: FileContents;
  readonly #linked = new Linked();
  readonly #counts = { files: 0, others: 0 };

  constructor(parts: FileContentsParts) {
    this.#parts = parts;
    this.#contents = new FileContents(parts);
  }

  get counts() {
    return { ...this.#counts, ...this.#contents.counts };
  }

  /** Asks for the files of a run; null where that has to wait until all before it is written. */
  async plan(run: Run, folder: FilesFolder): Promise<FilesPlan | null> {
    // Only then is known what is a second name.
    return run.some(isLinked) ? null : await this.#contents.plan(run, folder);
  }

  async files(stream: OpenContent, run: Run, { folder, plan, askNext }: FilesStep): Promise<void> {
    const known = new Map<FoundEntry, Uint8Array>();
    for (const found of run) {
      const first = isLinked(found) ? this.#linked.firstPath(found) : null;
      if (first !== null) known.set(found, first);
    }
    const unknown = run.filter((found) => !known.has(found));
    const planned = plan ?? (await this.#contents.plan(unknown, folder));
    await askNext();
    for (const found of run) {
      const path = pathTo(folder.path, found.name);
      const to = known.get(found);
      const entry = to === undefined ? await this.#entry(planned, found, path) : hardLink(found, to);
      if (entry === null) continue;
      this.#counts[found.kind === 'file' && to === undefined ? 'files' : 'others'] += 1;
      await this.#push(stream, entry);
      if (to === undefined && !this.#linked.note(found, path)) this.#parts.problems.add('links_many', path, '');
    }
  }

  async directory(stream: OpenContent, found: FoundEntry, path: Uint8Array, content: Content): Promise<void> {
    const { name } = found;
    await this.#push(stream, { name, kind: 'directory', meta: this.metaOf(found, path), content });
  }

  /** @returns null when it is to be left out, which has been told. */
  async #entry(plan: FilesPlan, found: FoundEntry, path: Uint8Array): Promise<Entry | null> {
    const { name, kind, hasHoles } = found;
    if (kind === 'file') {
      const content = await this.#contents.next(plan, found, path);
      return content === null ? null : { name, kind, meta: this.metaOf(found, path), content, hasHoles };
    }
    const entry = specialEntry({ ...found, meta: this.metaOf(found, path) });
    if (entry === null) this.#parts.problems.add('not_read', path, 'its target cannot be read');
    return entry;
  }

  /** As it is told; what could not be is a problem. */
  metaOf(found: FoundEntry, path: Uint8Array): FoundEntry['meta'] {
    if (found.hasLostAttributes) this.#parts.problems.add('attributes_not_read', path, '');
    if (Math.abs(found.meta.modified.seconds) === Number.MAX_SAFE_INTEGER)
      this.#parts.problems.add('time_not_read', path, '');
    return found.meta;
  }

  async #push(stream: OpenContent, entry: Entry): Promise<void> {
    const length = lendFramed(entry, (bytes) => {
      stream.push(bytes);
      return bytes.length;
    });
    await this.#parts.meter.gave(length);
  }
}
