import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What all boards of one kind of processor share: a file of image/architectures. */
export interface Architecture {
  /** Debian's word for it, and that of our packages of parts. */
  readonly architecture: 'arm64' | 'armhf';
  /** The release of Debian of which the root is made. */
  readonly release: string;
  /** What is fetched from; a suite that ends in `-security` only where this machine follows security updates. */
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Packages to be taken from a suite of newer ones, by names with `*`. */
  readonly newer: Readonly<Record<string, readonly string[]>>;
  /** The metapackage that names the newest kernel, and which of what it depends on is unpacked. */
  readonly kernel: { readonly package: string; readonly pattern: string };
  /** The lists of image/packages that make its root. */
  readonly base: readonly string[];
  /** The archive may leave this suite without a new signature for longer than it says itself. */
  readonly isPastValidUntil: boolean;
}

export async function readArchitecture(image: string, name: Architecture['architecture']): Promise<Architecture> {
  return JSON.parse(await readFile(join(image, 'architectures', `${name}.json`), 'utf8')) as Architecture;
}

/** The lines of a data file, without comments and empty ones. */
export async function readLines(path: string): Promise<readonly string[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.replace(/#.*$/, '').trim());
  return lines.filter((line) => line !== '');
}

/** The names in lists of image/packages, in order and each once. */
export async function readPackageLists(image: string, lists: readonly string[]): Promise<readonly string[]> {
  const names = await Promise.all(lists.map((list) => readLines(join(image, 'packages', `${list}.txt`))));
  return [...new Set(names.flat())].sort();
}
