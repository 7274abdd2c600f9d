import { cp, glob, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';
import { type Package, packageLines } from '../archive/package.ts';
import type { Taken } from '../board.ts';
import type { StageResult } from '../stage.ts';
import type { Workshop } from '../workshop.ts';
import { unpack } from './unpack.ts';

/** `fat/`, `root/` and `beside/`, each as it goes to its place. */
export interface Firmware extends StageResult {
  readonly packages: readonly Package[];
}

const RECIPE = 'firmware 1';

/** What a board needs to start and to reach its radio, taken out of packages of Debian: U-Boot is among it. */
export async function makeFirmware(shop: Workshop): Promise<Firmware> {
  const { architecture, apt, board, cache, commands, debs } = shop;
  const places = { fat: board.fat, root: board.root, beside: board.beside };
  const names = [...new Set(Object.values(places).flatMap((taken) => taken.map((one) => one.package)))].sort();
  const packages = names.length === 0 ? [] : await apt.find(names.map((name) => `${name}/${architecture.release}`));
  const result = await cache.run({
    name: `firmware-${board.name}`,
    inputs: [RECIPE, packageLines(packages), JSON.stringify(places)],
    make: async (folder, onLine) => {
      await apt.download(packages, debs, onLine);
      const full = join(folder, 'full');
      for (const one of packages) await unpack(commands, [one], debs, join(full, one.name));
      for (const [place, list] of Object.entries(places)) {
        await mkdir(join(folder, place));
        for (const taken of list) await take(full, taken, join(folder, place), place !== 'root');
      }
      await rm(full, { recursive: true, force: true });
    },
  });
  return { ...result, packages };
}

/** @throws no_firmware when the package has nothing like it. */
async function take(full: string, taken: Taken, place: string, areLinksFollowed: boolean): Promise<void> {
  const found = await Array.fromAsync(glob(taken.from, { cwd: join(full, taken.package) }));
  if (found.length === 0) {
    throw new CodedError('no_firmware', `the package ${taken.package} has no ${taken.from}`, {
      fields: { package: taken.package, from: taken.from },
      advice: "mend the board's file in image/boards: the package has been made in another way",
    });
  }
  for (const path of found.sort()) {
    const to = join(place, taken.to.endsWith('/') ? join(taken.to, basename(path)) : taken.to);
    await mkdir(dirname(to), { recursive: true });
    const options = { verbatimSymlinks: !areLinksFollowed, dereference: areLinksFollowed };
    await cp(join(full, taken.package, path), to, options);
  }
}
