import { copyFile, glob, lstat, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';

/** Deletes what the patterns name. A pattern that names nothing is no fault: lists serve more than one release. */
export async function prunePaths(root: string, patterns: readonly string[]): Promise<void> {
  for (const pattern of patterns) {
    const paths = await Array.fromAsync(glob(pattern, { cwd: root }));
    for (const path of paths) await rm(join(root, path), { recursive: true, force: true });
  }
}

/**
 * Deletes the files of installed packages, and the folders that are empty then.
 * @throws not_installed for a package that the root does not have.
 */
export async function removePackages(root: string, names: readonly string[]): Promise<void> {
  const info = join(root, 'var/lib/dpkg/info');
  const lists = await readdir(info);
  for (const name of names) {
    const list = lists.find((one) => one === `${name}.list` || (one.startsWith(`${name}:`) && one.endsWith('.list')));
    if (list === undefined) {
      throw new CodedError('not_installed', `the package ${name} is not in the root`, {
        fields: { package: name },
        advice: 'take it out of image/packages/removed.txt, or see what has replaced it',
      });
    }
    await removeFiles(root, (await readFile(join(info, list), 'utf8')).split('\n'));
  }
}

/** Deepest first, so that a folder comes after what is in it. */
async function removeFiles(root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths
    .filter((one) => one.length > 1)
    .sort()
    .reverse()) {
    const target = join(root, path);
    const status = await lstat(target).catch(() => undefined);
    if (status === undefined) continue;
    if (!status.isDirectory()) await rm(target);
    else if ((await readdir(target)).length === 0) await rmdir(target);
  }
}

/** Copies what packages say of their licences into `to`: these texts go with the image, beside it. */
export async function takeLicences(root: string, to: string): Promise<void> {
  for await (const path of glob(['usr/share/doc/*/copyright', 'usr/share/common-licenses/*'], { cwd: root })) {
    const target = join(to, path.replace(/^usr\/share\/(doc\/)?/, ''));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(root, path), target);
  }
}
