import { CodedError } from '../base/errors.ts';
import { TREE_DEPTH_MAX } from '../base/limits-chunks.ts';
import type { Content, Entry, HardLink } from '../chunks/tree/entry.ts';
import { entriesOf } from '../chunks/tree/entry-stream.ts';
import type { RootDirectory } from '../chunks/tree/snapshot.ts';
import { bytesOf, lengthOf } from './content-source.ts';
import { LinkTargets } from './link-targets.ts';
import { pathTo } from './paths.ts';
import { errorName, type Problems } from './problems.ts';
import { named, u32 } from './request-bytes.ts';
import { nextEntry, sendFile } from './restore-file.ts';
import { checkLimits } from './restore-limits.ts';
import { allowedMeta } from './restore-meta.ts';
import type { RestoreCounts, RestoreOptions } from './restore-options.ts';
import { hasContent } from './same-content.ts';
import { tellUnset } from './unset.ts';
import { ECANCELED, type TreeWriter, type WriteEnd } from './writer.ts';

type Named<Kind extends Entry['kind']> = Extract<Entry, { readonly kind: Kind }>;

interface Parts {
  readonly writer: TreeWriter;
  readonly problems: Problems;
  /** Whether files may be there that an earlier run wrote. */
  readonly isResumed: boolean;
}

const ROOT = new Uint8Array();

/** Brings the entries of a snapshot, but for what has been lost of it, into the directory in which the writer stands. */
export class Restoration {
  readonly #options: RestoreOptions;
  readonly #parts: Parts;
  readonly #targets: LinkTargets;
  readonly #counts = { files: 0, directories: 0, others: 0, bytes: 0, filesKept: 0 };

  constructor(options: RestoreOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.#targets = new LinkTargets(options.mode === 'into');
  }

  get counts(): RestoreCounts {
    return { ...this.#counts };
  }

  /** @throws restore_over_limit, tree_deep, hardlink_order; what fetching, decoding and writing throw. */
  async run(root: RootDirectory): Promise<void> {
    await this.#inside(root.content, ROOT, 0);
    await this.#ask('u', ROOT, [this.#meta(root, ROOT)]);
    await this.#parts.writer.drain();
  }

  async #inside(content: Content, folder: Uint8Array, depth: number): Promise<void> {
    this.#counts.directories += 1;
    this.#checkLimits();
    const entries = entriesOf(bytesOf(content, this.#options.fetch));
    const next = () => nextEntry(entries, folder, this.#parts.problems);
    for (let entry = await next(); entry !== null; entry = await next()) {
      const path = pathTo(folder, entry.name);
      if (entry.kind === 'directory') await this.#directory(entry, path, depth + 1);
      else if (entry.kind === 'file') await this.#file(entry, path);
      else await this.#other(entry, path);
    }
    this.#options.onProgress?.(this.counts);
  }

  async #directory(entry: Named<'directory'>, path: Uint8Array, depth: number): Promise<void> {
    if (depth >= TREE_DEPTH_MAX) {
      throw new CodedError('tree_deep', 'the snapshot has directories too deep in each other', {
        fields: { depthMax: TREE_DEPTH_MAX },
      });
    }
    await this.#ask('d', path, [named(entry.name)]);
    await this.#inside(entry.content, path, depth);
    // What could not be entered has been told; nor is it settled then.
    await this.#ask('u', path, [this.#meta(entry, path)]);
  }

  async #file(entry: Named<'file'>, path: Uint8Array): Promise<void> {
    const { writer, isResumed } = this.#parts;
    const { name, content } = entry;
    this.#counts.files += 1;
    this.#counts.bytes += lengthOf(content);
    this.#checkLimits();
    const meta = this.#meta(entry, path);
    if (isResumed && (await hasContent(writer, name, content, this.#options.fetch))) {
      this.#counts.filesKept += 1;
      await this.#ask('k', path, [named(name), meta]);
      return;
    }
    const lost = await sendFile(writer, entry, this.#options.fetch, () => this.#options.onProgress?.(this.counts));
    if (lost === null) return await this.#ask('F', path, [meta]);
    this.#parts.problems.add('content_lost', path, lost.message);
    this.#counts.files -= 1;
    this.#counts.bytes -= lengthOf(content);
  }

  async #other(entry: Exclude<Entry, { readonly kind: 'file' | 'directory' }>, path: Uint8Array): Promise<void> {
    this.#counts.others += 1;
    this.#checkLimits();
    if (entry.kind === 'hardlink') return await this.#link(entry, path);
    const name = named(entry.name);
    if (entry.kind === 'symlink') {
      return await this.#ask('s', path, [name, named(entry.target), this.#meta(entry, path)]);
    }
    if (entry.kind === 'fifo') return await this.#ask('p', path, [name, this.#meta(entry, path)]);
    if (!this.#options.allow.devices) {
      this.#parts.problems.add('device_not_allowed', path, `${entry.kind} ${entry.major}:${entry.minor}`);
      return;
    }
    const type = entry.kind === 'character' ? 'c' : 'b';
    await this.#ask(type, path, [name, u32(entry.major, entry.minor), this.#meta(entry, path)]);
  }

  async #link({ name, to }: HardLink & Entry, path: Uint8Array): Promise<void> {
    if (await this.#targets.has(to, path, () => this.#parts.writer.drain())) {
      await this.#ask('h', path, [named(name), named(to)]);
    } else {
      this.#parts.problems.add('not_made', path, `its first name was not restored: ${Buffer.from(to).toString()}`);
    }
  }

  #ask(type: string, path: Uint8Array, parts: readonly Uint8Array[]): Promise<void> {
    return this.#parts.writer.ask(type, parts, (end) => this.#ended(path, type, end));
  }

  #ended(path: Uint8Array, type: string, end: WriteEnd): void {
    const { problems } = this.#parts;
    const { code } = end;
    if (code === ECANCELED) return;
    if (code !== 0) problems.add('not_made', path, errorName(code));
    else if (type !== 'd' && type !== 'u') this.#targets.note(path);
    tellUnset(problems, path, end);
  }

  #meta(entry: Parameters<typeof allowedMeta>[0], path: Uint8Array): Uint8Array {
    return allowedMeta(entry, this.#options.allow, (code, text) => this.#parts.problems.add(code, path, text));
  }

  #checkLimits(): void {
    checkLimits(this.#counts, this.#options);
  }
}
