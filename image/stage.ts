import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from './key.ts';
import { STAGE_RESULTS_MAX } from './limits.ts';
import type { Progress } from './progress.ts';

/** A step of the build whose result is a folder of files, made anew only when what it is made of has changed. */
export interface Stage {
  readonly name: string;
  /** All that the result depends on: texts, and hashes of files and of the results of other stages. */
  readonly inputs: readonly string[];
  /** Makes the result in `folder`, which is there and empty. */
  make(folder: string, onLine: (line: string) => void): Promise<void>;
}

export interface StageResult {
  readonly folder: string;
  readonly key: string;
}

const KEY_DIGITS = 16;

/** Runs stages, and keeps the last few results of each in one folder. */
export class Cache {
  readonly #folder: string;
  readonly #progress: Progress;

  constructor(folder: string, progress: Progress) {
    this.#folder = folder;
    this.#progress = progress;
  }

  /** The result of a stage. A build that was stopped leaves no half result behind under its name. */
  async run(stage: Stage): Promise<StageResult> {
    const key = hashOf([stage.name, ...stage.inputs]).slice(0, KEY_DIGITS);
    const folder = join(this.#folder, `${stage.name}-${key}`);
    if ((await stat(folder).catch(() => undefined)) !== undefined) {
      const now = new Date();
      await utimes(folder, now, now);
      this.#progress.reuse(stage.name, key);
      return { folder, key };
    }
    const unfinished = join(this.#folder, `unfinished-${stage.name}`);
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await this.#progress.during(stage.name, key, (onLine) => stage.make(unfinished, onLine));
    await rename(unfinished, folder);
    await this.#forget(stage.name);
    return { folder, key };
  }

  /** Deletes the results of a stage that were used longest ago. */
  async #forget(name: string): Promise<void> {
    const pattern = new RegExp(`^${name}-[0-9a-f]{${KEY_DIGITS}}$`);
    const results = await Promise.all(
      (await readdir(this.#folder))
        .filter((one) => pattern.test(one))
        .map(async (one) => ({ path: join(this.#folder, one), usedMs: (await stat(join(this.#folder, one))).mtimeMs })),
    );
    const old = results.sort((a, b) => b.usedMs - a.usedMs).slice(STAGE_RESULTS_MAX);
    for (const { path } of old) await rm(path, { recursive: true, force: true });
  }
}
