import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';
import { readLines } from '../architecture.ts';
import { type Package, packageLines } from '../archive/package.ts';
import { keepModules } from '../kernel/modules.ts';
import type { StageResult } from '../stage.ts';
import type { Workshop } from '../workshop.ts';
import { unpack } from './unpack.ts';

/** `root/usr/lib/modules/VERSION` with the modules that boards use, `vmlinuz` and `trees/` beside it. */
export interface Kernel extends StageResult {
  readonly packages: readonly Package[];
}

const RECIPE = 'kernel 1';

/** The newest kernel of Debian, with those of its modules that a door has a use for: an eighth of all. */
export async function makeKernel(shop: Workshop): Promise<Kernel> {
  const { architecture, apt, cache, commands, debs } = shop;
  const pattern = new RegExp(architecture.kernel.pattern);
  const packages = (await apt.resolve([architecture.kernel.package])).filter(({ name }) => pattern.test(name));
  const wanted = await readLines(join(shop.image, 'kernel', 'modules.txt'));
  const result = await cache.run({
    name: `kernel-${architecture.architecture}`,
    inputs: [RECIPE, packageLines(packages), wanted.join('\n')],
    make: async (folder, onLine) => {
      await apt.download(packages, debs, onLine);
      const full = join(folder, 'full');
      await unpack(commands, packages, debs, full);
      const from = await modulesFolder(full);
      const version = from.slice(from.lastIndexOf('/') + 1);
      await takeKernel(full, from, version, folder);
      const root = join(folder, 'root');
      await mkdir(join(root, 'usr/lib/modules'), { recursive: true });
      await rename(from, join(root, 'usr/lib/modules', version));
      // Programs of the kernel's package look in /lib, which in a root of Debian is a link.
      await keepModules(commands, join(root, 'usr'), version, wanted);
      await rm(full, { recursive: true });
      await writeFile(join(folder, 'version'), `${version}\n`);
    },
  });
  return { ...result, packages };
}

/** Packages have had their modules in /lib and in /usr/lib. */
async function modulesFolder(full: string): Promise<string> {
  for (const folder of [join(full, 'usr/lib/modules'), join(full, 'lib/modules')]) {
    const [version, ...more] = await readdir(folder).catch(() => []);
    if (version !== undefined && more.length === 0) return join(folder, version);
  }
  throw new CodedError(
    'no_kernel',
    `the packages of the kernel have no modules, or those of more than one, in ${full}`,
    {
      fields: { full },
      advice: "look at 'kernel' in image/architectures: the archive may have cut its packages in another way",
    },
  );
}

/** The kernel itself and its device trees, which the packages have had in more than one place. */
async function takeKernel(full: string, modules: string, version: string, folder: string): Promise<void> {
  const kernels = [join(modules, 'vmlinuz'), join(full, 'boot', `vmlinuz-${version}`)];
  await takeFirst(kernels, join(folder, 'vmlinuz'));
  const trees = [join(modules, 'dtb'), join(full, 'usr/lib', `linux-image-${version}`)];
  await takeFirst(trees, join(folder, 'trees'));
}

async function takeFirst(paths: readonly string[], to: string): Promise<void> {
  for (const path of paths) {
    const isThere = await rename(path, to).then(
      () => true,
      () => false,
    );
    if (isThere) return;
  }
  throw new CodedError('no_kernel', `the packages of the kernel have none of ${paths.join(', ')}`, {
    fields: { paths: paths.join(' ') },
    advice: "look at 'kernel' in image/architectures: the archive may have cut its packages in another way",
  });
}
