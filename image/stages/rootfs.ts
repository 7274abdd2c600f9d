import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLines } from '../architecture.ts';
import { hashOfPath } from '../key.ts';
import { writeBoardFiles } from '../root/board-files.ts';
import { layTree } from '../root/lay-tree.ts';
import { prunePaths, removePackages, takeLicences } from '../root/prune.ts';
import { settleRoot } from '../root/settle.ts';
import type { StageResult } from '../stage.ts';
import type { Workshop } from '../workshop.ts';
import type { NodeParts } from './node.ts';

/** Changed by hand when these steps change what they make of the same inputs. */
const RECIPE = 'rootfs 2';

export interface RootfsParts {
  /** Results of the stages before, each with its key. */
  readonly base: StageResult;
  readonly kernel: StageResult;
  readonly firmware: StageResult;
  /** What a slot has in /boot. */
  readonly boot: StageResult;
  readonly node: NodeParts;
}

/** Where the folders of `systemd` go in the root; what lies directly in it are units. */
const SYSTEMD_FOLDERS: Readonly<Record<string, string>> = {
  'modules-load.d': 'usr/lib/modules-load.d',
  'sysctl.d': 'usr/lib/sysctl.d',
  'sysusers.d': 'usr/lib/sysusers.d',
  'tmpfiles.d': 'usr/lib/tmpfiles.d',
  udev: 'usr/lib/udev/rules.d',
};
const UNIT = /\.(service|socket|timer|mount|automount|path|target|slice|preset)$/;

/** The root of a board: Debian's, with ours laid over it and all that a card does not need taken away. */
export async function makeRootfs(shop: Workshop, parts: RootfsParts): Promise<StageResult> {
  const { board, cache, epochS, image, top } = shop;
  const overlay = join(image, 'rootfs');
  const units = join(top, 'systemd');
  const removed = await readLines(join(image, 'packages', 'removed.txt'));
  const pruned = await readLines(join(image, 'packages', 'pruned.txt'));
  const trees = [parts.node.hash, ...(await Promise.all([overlay, units].map(hashOfPath)))];
  return cache.run({
    name: `rootfs-${board.name}`,
    inputs: [
      RECIPE,
      ...[parts.base.key, parts.kernel.key, parts.firmware.key, parts.boot.key, ...trees],
      ...[removed.join('\n'), pruned.join('\n'), String(epochS), shop.version],
    ],
    make: async (folder, onLine) => {
      const root = join(folder, 'root');
      onLine('unpacking the base');
      await unpackBase(shop, join(parts.base.folder, 'root.tar'), root);
      await takeLicences(root, join(folder, 'licences'));
      const installed = namesIn(await readFile(join(root, 'var/lib/dpkg/status'), 'utf8'));
      const left = installed.filter((name) => !removed.includes(name));
      await writeFile(join(folder, 'installed'), left.map((name) => `${name}\n`).join(''));
      onLine('laying ours over it');
      await layTree(join(parts.kernel.folder, 'root'), root);
      await layTree(join(parts.firmware.folder, 'root'), root);
      await layTree(parts.node.folder, join(root, 'usr/lib/blockmesh'));
      await layTree(overlay, root);
      await layUnits(units, root);
      await writeBoardFiles(root, { version: shop.version, board: board.name, built: epochS });
      onLine('users and units');
      await makeUsers(shop, units, root);
      await shop.commands.run('systemctl', [`--root=${root}`, 'preset-all']);
      onLine('taking away what a card does not need');
      await removePackages(root, removed);
      await prunePaths(root, pruned);
      await layTree(join(parts.boot.folder, 'boot'), join(root, 'boot'));
      await settleRoot(root, epochS);
    },
  });
}

async function unpackBase({ commands }: Workshop, tar: string, root: string): Promise<void> {
  await mkdir(root);
  const all = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '-p'];
  await commands.run('tar', ['-x', '-f', tar, '-C', root, ...all]);
}

async function layUnits(from: string, root: string): Promise<void> {
  const units = join(root, 'usr/lib/systemd/system');
  for (const entry of await readdir(from, { withFileTypes: true }).catch(() => [])) {
    const source = join(from, entry.name);
    const place = SYSTEMD_FOLDERS[entry.name];
    if (place !== undefined) await layTree(source, join(root, place));
    else if (entry.isDirectory() && /\.d$/.test(entry.name)) await layTree(source, join(units, entry.name));
    else if (UNIT.test(entry.name)) await cp(source, join(units, entry.name));
  }
}

/** Only ours: the packages' scripts have made theirs, and this machine's program may not know all that a newer one reads. */
async function makeUsers({ commands }: Workshop, units: string, root: string): Promise<void> {
  const files = (await readdir(join(units, 'sysusers.d')).catch(() => [])).sort();
  if (files.length > 0) await commands.run('systemd-sysusers', [`--root=${root}`, ...files]);
}

/** The names of packages in dpkg's own list of what is installed. */
function namesIn(status: string): readonly string[] {
  return [...status.matchAll(/^Package: (\S+)$/gm)].map((match) => match[1] ?? '').sort();
}
