import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Package } from '../archive/package.ts';
import type { Commands } from '../command.ts';

/** Lays the files of packages into `folder`, and runs nothing of them. */
export async function unpack(
  commands: Commands,
  packages: readonly Package[],
  debs: string,
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { file } of packages) await commands.run('dpkg-deb', ['-x', join(debs, file), folder]);
}
