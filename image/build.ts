import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLines } from './architecture.ts';
import { BMAP_BLOCK_BYTES } from './disk/bmap.ts';
import { EXT4_BLOCK_BYTES, surveyExt4 } from './disk/ext4.ts';
import { sizeOf } from './disk/ranges.ts';
import { publish } from './outputs/publish.ts';
import { checkSizes, type SizeCaps, type Sizes, tightened } from './outputs/sizes.ts';
import type { StageResult } from './stage.ts';
import { makeBase } from './stages/base.ts';
import { enableEmulation } from './stages/binfmt.ts';
import { makeBoot } from './stages/boot.ts';
import { makeCard } from './stages/disk.ts';
import { makeFirmware } from './stages/firmware.ts';
import { makeKernel } from './stages/kernel.ts';
import { makeNodeParts } from './stages/node.ts';
import { packCard } from './stages/packed.ts';
import { makeRootfs } from './stages/rootfs.ts';
import { makeSlot } from './stages/slot.ts';
import type { Workshop } from './workshop.ts';

const LISTS_OLD_MS = 7 * 24 * 60 * 60 * 1000;

export interface BuildOptions {
  /** Fetches the archive's lists anew: packages that have changed since make a new base. */
  readonly isUpdate: boolean;
  /** Writes how large the image has become into image/sizes.json where that is less. */
  readonly areSizesKept: boolean;
  readonly nowMs: number;
}

/**
 * Makes the image of a board, from the archive's lists to the published files.
 * @returns the paths of what is published, the image first.
 */
export async function buildImage(shop: Workshop, options: BuildOptions): Promise<readonly string[]> {
  await enableEmulation(shop.commands, shop.board.architecture);
  await shop.apt.update(options.isUpdate);
  await tellArchive(shop, options.nowMs);
  const base = await makeBase(shop);
  const kernel = await makeKernel(shop);
  const firmware = await makeFirmware(shop);
  const boot = await makeBoot(shop, kernel);
  const node = await makeNodeParts(shop);
  const rootfs = await makeRootfs(shop, { base, kernel, firmware, boot, node });
  const slot = await makeSlot(shop, rootfs);
  const disk = await makeCard(shop, { slot, firmware, kernel });
  const packed = await packCard(shop, disk);
  const sizes = await measure(shop, { packed, slot, disk, boot });
  const unpacked = [...kernel.packages, ...firmware.packages, ...boot.packages];
  const installed = new Set(await readLines(join(rootfs.folder, 'installed')));
  const onCard = [...base.packages.filter(({ name }) => installed.has(name)), ...unpacked];
  const debian = { all: [...base.packages, ...unpacked], onCard };
  const files = await publish(shop, { packed, disk, rootfs, firmware, debian, npm: node.npm, sizes });
  await weigh(shop, sizes, options.areSizesKept);
  return files;
}

async function tellArchive({ apt, progress }: Workshop, nowMs: number): Promise<void> {
  const suites = await apt.suites();
  progress.say(`packages of ${suites.map(({ suite, date }) => `${suite} (${date.replace(/:.*$/, ' h')})`).join(', ')}`);
  const fetchedMs = await apt.fetchedMs();
  if (nowMs - fetchedMs < LISTS_OLD_MS) return;
  progress.say(`these lists were fetched on ${new Date(fetchedMs).toISOString().slice(0, 10)}: UPDATE=1 fetches newer`);
}

interface Weighed {
  readonly packed: StageResult;
  readonly slot: StageResult;
  readonly disk: StageResult;
  readonly boot: StageResult;
}

async function measure({ commands }: Workshop, { packed, slot, disk, boot }: Weighed): Promise<Sizes> {
  const { usedBlocks } = await surveyExt4(commands, join(slot.folder, 'slot.ext4'));
  const map = await readFile(join(disk.folder, 'disk.bmap'), 'utf8');
  const mapped = Number(/<MappedBlocksCount> (\d+) /.exec(map)?.[1]);
  return {
    packedBytes: (await stat(join(packed.folder, 'disk.img.zst'))).size,
    slotUsedBytes: sizeOf(usedBlocks) * EXT4_BLOCK_BYTES,
    writtenBytes: mapped * BMAP_BLOCK_BYTES,
    initramfsBytes: (await stat(join(boot.folder, 'boot/initramfs'))).size,
  };
}

async function weigh({ board, image, progress }: Workshop, sizes: Sizes, areSizesKept: boolean): Promise<void> {
  const path = join(image, 'sizes.json');
  const caps = JSON.parse(await readFile(path, 'utf8')) as SizeCaps;
  const told = Object.entries(sizes).map(
    ([name, bytes]) => `${name.replace(/Bytes$/, '')} ${(bytes / 1e6).toFixed(1)} MB`,
  );
  progress.say(told.join(', '));
  checkSizes(board.name, sizes, caps);
  if (areSizesKept) await writeFile(path, `${JSON.stringify(tightened(board.name, sizes, caps), null, 2)}\n`);
}
