import { glob, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';
import { type Package, packageLines } from '../archive/package.ts';
import { fillSlotBoot } from '../boot/slot-boot.ts';
import { makeInitramfs } from '../initramfs/initramfs.ts';
import { hashOfPath } from '../key.ts';
import type { StageResult } from '../stage.ts';
import type { Workshop } from '../workshop.ts';
import { bootBoardOf } from './boot-board.ts';
import type { Kernel } from './kernel.ts';
import { unpack } from './unpack.ts';

const RECIPE = 'boot 1';
const BUSYBOX = 'busybox-static';

export interface Boot extends StageResult {
  readonly packages: readonly Package[];
}

/** What a slot has in /boot: the kernel, the first file system, device trees and overlays. */
export async function makeBoot(shop: Workshop, kernel: Kernel): Promise<Boot> {
  const { apt, architecture, board, cache, commands, debs, epochS, image } = shop;
  const packages = await apt.find([`${BUSYBOX}/${architecture.release}`]);
  const ours = await Promise.all(['boot', 'initramfs', '../hw'].map((name) => hashOfPath(join(image, name))));
  const result = await cache.run({
    name: `boot-${board.name}`,
    inputs: [RECIPE, kernel.key, packageLines(packages), ...ours, String(epochS)],
    make: async (folder, onLine) => {
      await apt.download(packages, debs, onLine);
      const unpacked = join(folder, 'unpacked');
      await unpack(commands, packages, debs, unpacked);
      const bootBoard = bootBoardOf(board);
      const initramfs = join(unpacked, 'initramfs');
      const busybox = await findBusybox(unpacked);
      const parts = { busybox, kernel: join(kernel.folder, 'root'), modules: bootBoard.modules };
      await writeFile(initramfs, makeInitramfs(parts, epochS));
      await mkdir(join(folder, 'boot'));
      const slot = { kernel: join(kernel.folder, 'vmlinuz'), initramfs, trees: join(kernel.folder, 'trees') };
      fillSlotBoot(bootBoard, slot, join(folder, 'boot'));
      await rm(unpacked, { recursive: true });
    },
  });
  return { ...result, packages };
}

async function findBusybox(unpacked: string): Promise<string> {
  const [path] = await Array.fromAsync(glob('{bin,usr/bin}/busybox', { cwd: unpacked }));
  if (path !== undefined) return join(unpacked, path);
  throw new CodedError('no_busybox', `the package ${BUSYBOX} has no program busybox`, {
    advice: 'look with dpkg-deb -c where it is now',
  });
}
