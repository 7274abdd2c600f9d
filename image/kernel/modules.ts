import { readdir, readFile, rm } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';
import type { Commands } from '../command.ts';

/**
 * Deletes all modules but those that the patterns name and those that they need, and writes the lists by which modules
 * are found anew.
 *
 * @param base the folder that has `lib/modules/VERSION`.
 * @param wanted patterns of paths below `kernel/`, without the end `.ko`, one for each line of modules.txt.
 * @throws no_module when a pattern names nothing: a kernel may have moved or dropped a driver that doors rely on.
 */
export async function keepModules(
  commands: Commands,
  base: string,
  version: string,
  wanted: readonly string[],
): Promise<void> {
  const folder = join(base, 'lib/modules', version);
  await commands.run('depmod', ['-b', base, version]);
  const needs = parseDependencies(await readFile(join(folder, 'modules.dep'), 'utf8'));
  const kept = chooseModules(needs, wanted, await readFile(join(folder, 'modules.builtin'), 'utf8'));
  for (const path of needs.keys()) if (!kept.has(path)) await rm(join(folder, path));
  await removeEmpty(join(folder, 'kernel'));
  for (const name of ['System.map', 'config', 'build', 'source']) await rm(join(folder, name), { force: true });
  await commands.run('depmod', ['-b', base, version]);
}

/** Reads modules.dep: `kernel/a.ko.xz: kernel/b.ko.xz kernel/c.ko.xz`. */
export function parseDependencies(text: string): ReadonlyMap<string, readonly string[]> {
  const lines = text.split('\n').filter((line) => line.includes(':'));
  return new Map(
    lines.map((line) => {
      const [path = '', needs = ''] = line.split(':');
      return [path, needs.split(' ').filter((one) => one !== '')];
    }),
  );
}

/** The paths that patterns name, and with them all that they need. modules.dep names what is needed over any number of steps. */
export function chooseModules(
  needs: ReadonlyMap<string, readonly string[]>,
  wanted: readonly string[],
  builtIn: string,
): ReadonlySet<string> {
  const inKernel = builtIn.split('\n').map(plain);
  const kept = new Set<string>();
  for (const line of wanted) {
    const isOptional = line.endsWith('?');
    const pattern = `kernel/${isOptional ? line.slice(0, -1) : line}`;
    const found = [...needs.keys()].filter((path) => matchesGlob(plain(path), pattern));
    if (found.length === 0 && !isOptional && !inKernel.some((path) => matchesGlob(path, pattern))) {
      throw new CodedError('no_module', `the kernel has no module ${pattern}`, {
        fields: { pattern },
        advice:
          'mend image/kernel/modules.txt: see where the driver has gone; a line may end in ? where it can be missing',
      });
    }
    for (const path of found) for (const one of [path, ...(needs.get(path) ?? [])]) kept.add(one);
  }
  return kept;
}

function plain(path: string): string {
  return path.replace(/\.ko(\.(xz|zst|gz))?$/, '');
}

async function removeEmpty(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeEmpty(join(folder, entry.name));
  }
  if ((await readdir(folder)).length === 0) await rm(folder, { recursive: true });
}
