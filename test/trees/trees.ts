import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHUNKERS, chunkerProfile } from '../../src/format/chunkers/profile.ts';
import { createSnapshot } from '../../src/trees/create.ts';
import type { Created, CreateOptions } from '../../src/trees/create-options.ts';
import { restoreSnapshot } from '../../src/trees/restore.ts';
import type { Restored, RestoreOptions } from '../../src/trees/restore-options.ts';
import type { MemoryChunks } from './memory-chunks.ts';

const TOP = join(import.meta.dirname, '../..');
export const PROFILE = chunkerProfile(CHUNKERS['image-64k']);
/** An hour ahead: what was made just now counts as old. */
const LATER_MS = 3_600_000;

/** Builds the helper when its sources are newer. */
export function buildTrees(): void {
  execFileSync('make', ['-s', 'build/blockmesh-trees'], { cwd: TOP });
}

/** A folder with all that a tree can have. */
export function makeOddTree(folder: string): void {
  mkdirSync(folder);
  execFileSync(join(TOP, 'test/trees/odd-tree.sh'), { cwd: folder });
}

export function create(folder: string, chunks: MemoryChunks, rest: Partial<CreateOptions> = {}): Promise<Created> {
  const { signal } = new AbortController();
  const nowMs = () => Date.now() + LATER_MS;
  return createSnapshot({ folder, import: chunks.import(), profile: PROFILE, signal, nowMs, ...rest });
}

export function restore(
  digest: Uint8Array,
  target: string,
  chunks: MemoryChunks,
  rest: Partial<RestoreOptions> = {},
): Promise<Restored> {
  const { signal } = new AbortController();
  const allow = { devices: true, owners: true };
  return restoreSnapshot({ fetch: chunks.fetch, digest, target, mode: 'new', allow, signal, ...rest });
}

export const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;

/** Programs that are started meanwhile have no right but those of nobody. */
export async function asNobody<Result>(task: () => Promise<Result>): Promise<Result> {
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await task();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

/** How rsync would change `to` so that it were as `from`; empty when they are alike. */
export function rsyncSays(from: string, to: string): string {
  const flags = ['-aAXHn', '--checksum', '--delete', '--itemize-changes'];
  const { stdout, stderr, status } = spawnSync('rsync', [...flags, `${from}/`, `${to}/`], { encoding: 'utf8' });
  return status === 0 ? stdout : `${stdout}${stderr}`;
}

/** Of each file below: path, type, rights, owner, number of names, time to the nanosecond, target, and blocks of files. */
export function statsOf(folder: string): string {
  const find = (...args: readonly string[]) =>
    execFileSync('find', ['.', ...args], { cwd: folder, encoding: 'latin1' });
  const all = find('-printf', '%p %y %m %U %G %n %T@ %l\\0');
  const blocks = find('-type', 'f', '-size', '+0', '-printf', '%p %b\\0');
  return [all, blocks].map((text) => text.split('\0').sort().join('\n')).join('\n');
}

/** The codes of what was told, each once. */
export function codesOf({ problems }: Created | Restored): readonly string[] {
  return [...new Set(problems.map(({ code }) => code))].sort();
}
