import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPackageLists } from '../architecture.ts';
import { type Package, packageLines } from '../archive/package.ts';
import { makeRepository } from '../archive/repository.ts';
import type { StageResult } from '../stage.ts';
import type { Workshop } from '../workshop.ts';

/** Names of a root's packages beside those that apt finds by itself: what Debian calls essential. */
const ESSENTIAL = '?essential';

/** Changed by hand when the way in which a root is made changes, so that no old one is taken for it. */
const RECIPE = 'essential 1';

/**
 * The time of whatever the packages' scripts write: one of its own, so that a base serves the builds of many commits.
 * Not 0: in /etc/shadow that would ask for a new password.
 */
const BASE_EPOCH_S = 1_735_689_600;

/** `root.tar`: the root as the packages' own scripts leave it. */
export interface Base extends StageResult {
  readonly packages: readonly Package[];
}

/**
 * The root file system as Debian makes it, in minutes: foreign programs run in the emulation of qemu-user. It is made
 * anew when a package of it has changed in the archive, and not when anything else has.
 */
export async function makeBase(shop: Workshop): Promise<Base> {
  const { architecture, apt, commands, cache, debs } = shop;
  const names = await readPackageLists(shop.image, architecture.base);
  const packages = await apt.resolve([ESSENTIAL, ...names]);
  const result = await cache.run({
    name: `base-${architecture.architecture}`,
    inputs: [RECIPE, architecture.release, packageLines(packages), names.join(' ')],
    make: async (folder, onLine) => {
      await apt.download(packages, debs, onLine);
      const repository = join(folder, 'repository');
      const source = await makeRepository(repository, architecture.release, packages, debs);
      const root = join(folder, 'root.tar');
      const args = [
        '--verbose',
        '--mode=root',
        '--variant=essential',
        '--format=tar',
        // Whether foreign programs run was asked before: see binfmt.ts.
        '--skip=check/qemu',
        `--architectures=${architecture.architecture}`,
        `--include=${names.join(',')}`,
        architecture.release,
        root,
        source,
      ];
      await commands.run('mmdebstrap', args, { onLine, env: { SOURCE_DATE_EPOCH: String(BASE_EPOCH_S) } });
      await rm(repository, { recursive: true });
      await writeFile(join(folder, 'packages'), packageLines(packages));
    },
  });
  return { ...result, packages };
}
