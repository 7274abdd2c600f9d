import type { ContentEnd, OnContent } from './content-end.ts';
import type { FoundEntry } from './found.ts';
import type { LentFolder } from './lent-folder.ts';
import type { TreeReader } from './reader.ts';

/** Files of so many bytes, without holes, cost more by the pipe than opened here. */
const OWN_BYTES_MIN = 32 * 1024;
/** What is brought from the disk ahead: so much of all, and so much of one. */
const AHEAD_BYTES_MAX = 16 * 1024 * 1024;
const AHEAD_FILE_BYTES_MAX = 4 * 1024 * 1024;

/** Files of one directory that are read here one after the other, and meanwhile brought from the disk. */
export class OwnFiles {
  readonly #folder: LentFolder;
  readonly #files: readonly FoundEntry[];
  readonly #reader: TreeReader;
  #expected = 0;
  #aheadBytes = 0;

  constructor(folder: LentFolder, files: readonly FoundEntry[], reader: TreeReader) {
    this.#folder = folder;
    this.#files = files;
    this.#reader = reader;
    this.#expect();
  }

  /** @param found is the next of them. */
  read(found: FoundEntry, onContent: OnContent): Promise<ContentEnd> {
    this.#aheadBytes -= aheadOf(found);
    this.#expect();
    this.#reader.push();
    return this.#folder.read(found.name, onContent);
  }

  #expect(): void {
    // Many at a time: each request is a system call.
    if (this.#aheadBytes > AHEAD_BYTES_MAX / 2) return;
    const from = this.#expected;
    while (this.#aheadBytes < AHEAD_BYTES_MAX) {
      const next = this.#files[this.#expected];
      if (next === undefined) break;
      this.#expected += 1;
      this.#aheadBytes += aheadOf(next);
    }
    for (const { name } of this.#files.slice(from, this.#expected)) this.#reader.expect(this.#folder.pathOf(name));
  }
}

/** Whether a file is better read here. */
export function isOwn({ look, hasHoles }: FoundEntry): boolean {
  return look.bytes >= OWN_BYTES_MIN && !hasHoles;
}

function aheadOf({ look }: FoundEntry): number {
  return Math.min(look.bytes, AHEAD_FILE_BYTES_MAX);
}
