import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RELEASE } from './release.ts';

/** What of `node_modules` an emulated machine gets. */

/** Folders of the packages that are no tools: those of the lock file that are neither for development nor optional. */
export function productionPackages(): readonly string[] {
  return Object.entries(lockedPackages())
    .filter(([path, one]) => path !== '' && !one.dev && !one.optional && !one.devOptional)
    .map(([path]) => path);
}

/** Folders of the packages of these names and of all that they depend on, but for `without` and what only that needs. */
export function packagesOf(names: readonly string[], without: readonly string[] = []): readonly string[] {
  const packages = lockedPackages();
  const taken = new Set<string>();
  const take = (name: string, from: string): void => {
    const path = folderOf(packages, name, from);
    if (path === undefined || taken.has(path) || without.includes(name)) return;
    taken.add(path);
    const { dependencies, peerDependencies } = packages[path] ?? {};
    for (const one of Object.keys({ ...dependencies, ...peerDependencies })) take(one, path);
  };
  for (const name of names) take(name, '');
  return [...taken];
}

/** Where Node finds the package `name` for a file in the package at `from`; undefined when nobody installed it. */
function folderOf(packages: LockFile['packages'], name: string, from: string): string | undefined {
  for (let at = from; ; at = at.slice(0, at.lastIndexOf('node_modules/')).replace(/\/$/, '')) {
    const path = join(at, 'node_modules', name);
    if (packages[path] !== undefined) return path;
    if (at === '') return undefined;
  }
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

function lockedPackages(): LockFile['packages'] {
  return (JSON.parse(readFileSync(join(RELEASE, 'package-lock.json'), 'utf8')) as LockFile).packages;
}

/** Sources of native code and builds for other machines are most of some packages. */
export function isNeeded(path: string): boolean {
  // What tap has built for itself points at a package that a copy would make into two.
  if (path.endsWith('/test-built/node_modules')) return false;
  if (path.includes('/node_modules/better-sqlite3/')) {
    return !/better-sqlite3\/(?:deps|src)$/.test(path) && (!path.endsWith('.node') || path.endsWith('linux-x64.node'));
  }
  return !/\/prebuilds\/(?:android|darwin|win32)[^/]*$/.test(path);
}
