import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RELEASE } from './release.ts';

/** What is built once for each tree and kept. */

const KEY_CHARS = 12;

/** @param files relative to RELEASE. */
export function treeKey(seed: string, files: readonly string[]): string {
  const hash = createHash('sha256').update(seed);
  for (const path of files) hash.update(`\0${path}\0`).update(readFileSync(join(RELEASE, path)));
  return hash.digest('hex').slice(0, KEY_CHARS);
}

/**
 * The folder of this key in `build`, which `make` has filled, now or at an earlier time.
 * @param make fills the folder it is given; when it fails, nothing stays.
 */
export async function builtOnce(build: string, key: string, make: (draft: string) => Promise<void>): Promise<string> {
  const folder = join(build, `machine-${key}`);
  if (existsSync(folder)) return folder;
  // Of other trees, and of builds that did not come to their end; another process may be building this one just now.
  for (const old of globSync(join(build, '{machine,draft}-*'))) {
    const [, pid] = /draft-(\d+)$/.exec(old) ?? [];
    const isBuilt = pid !== undefined && existsSync(`/proc/${pid}`);
    if (old !== folder && !isBuilt) rmSync(old, { recursive: true, force: true });
  }
  const draft = join(build, `draft-${process.pid}`);
  mkdirSync(draft, { recursive: true });
  await make(draft);
  if (existsSync(folder)) rmSync(draft, { recursive: true });
  else renameSync(draft, folder);
  return folder;
}
