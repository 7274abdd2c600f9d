import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOfPath } from '../key.ts';
import type { NpmPackage } from '../outputs/spdx.ts';
import type { Workshop } from '../workshop.ts';

export interface NodeParts {
  /** What becomes /usr/lib/blockmesh. */
  readonly folder: string;
  readonly hash: string;
  /** What of npm is inside. */
  readonly npm: readonly NpmPackage[];
}

/** Our own programs for the board's processor. make knows what of them is older than its sources. */
export async function makeNodeParts({ architecture, commands, progress, top }: Workshop): Promise<NodeParts> {
  const { architecture: name } = architecture;
  const folder = join(top, 'build/board', name);
  await progress.during('node', name, async (onLine) => {
    await commands.run('make', ['-s', 'board-parts', `ARCH=${name}`], { cwd: top, onLine });
  });
  const npm = JSON.parse(await readFile(`${folder}.packages.json`, 'utf8')) as readonly NpmPackage[];
  return { folder, hash: await hashOfPath(folder), npm };
}
