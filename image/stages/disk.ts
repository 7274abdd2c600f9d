import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fillFat } from '../boot/fat-files.ts';
import { encodeSlotState } from '../boot/slot-state.ts';
import { makeBmap } from '../disk/bmap.ts';
import { type Contents, makeDisk, mappedBlocks } from '../disk/disk.ts';
import { makeExt4 } from '../disk/ext4.ts';
import { makeFat } from '../disk/fat.ts';
import { DISK_BYTES, PARTS, uuidOf } from '../disk/layout.ts';
import { hashOfPath } from '../key.ts';
import { layTree } from '../root/lay-tree.ts';
import type { StageResult } from '../stage.ts';
import type { Workshop } from '../workshop.ts';
import { bootBoardOf } from './boot-board.ts';

const RECIPE = 'disk 1';

export interface DiskParts {
  readonly slot: StageResult;
  readonly firmware: StageResult;
  readonly kernel: StageResult;
}

/** The whole card in the file `disk.img`, and `disk.bmap`, which says which of its blocks have to be written. */
export async function makeCard(shop: Workshop, parts: DiskParts): Promise<StageResult> {
  const { board, cache, commands, epochS, image } = shop;
  const card = join(image, 'card');
  const ours = await Promise.all([card, join(image, 'boot'), join(image, 'disk')].map(hashOfPath));
  return cache.run({
    name: `disk-${board.name}`,
    inputs: [
      RECIPE,
      parts.slot.key,
      parts.firmware.key,
      parts.kernel.key,
      ...ours,
      JSON.stringify(board),
      String(epochS),
    ],
    make: async (folder, onLine) => {
      const work = join(folder, 'work');
      const contents = await makeContents(shop, parts, card, work);
      onLine('assembling');
      const disk = join(folder, 'disk.img');
      await makeDisk(commands, disk, board.diskId, contents);
      onLine('the map of its blocks');
      const mapped = await mappedBlocks(commands, contents);
      await writeFile(join(folder, 'disk.bmap'), await makeBmap(disk, DISK_BYTES, mapped));
      await rm(work, { recursive: true });
    },
  });
}

async function makeContents(shop: Workshop, parts: DiskParts, card: string, work: string): Promise<Contents> {
  const { board, commands, epochS } = shop;
  const fat = join(work, 'fat');
  await layTree(join(parts.firmware.folder, 'fat'), fat);
  fillFat(bootBoardOf(board), fat, epochS, join(parts.kernel.folder, 'trees'));
  if ((await stat(card).catch(() => undefined)) !== undefined) await layTree(card, fat);
  const boot = join(work, 'boot.fat');
  const state = join(work, 'state');
  const data = join(work, 'data.ext4');
  await makeFat(commands, { image: boot, bytes: PARTS.BOOT.size, label: 'BLOCKMESH', id: board.diskId, folder: fat });
  await writeFile(state, encodeSlotState());
  await makeExt4(commands, {
    image: data,
    bytes: PARTS.DATA.size,
    label: 'bm-data',
    uuid: uuidOf(board.diskId, PARTS.DATA),
    isReadOnly: false,
    epochS,
  });
  return { boot, state, slotA: join(parts.slot.folder, 'slot.ext4'), data };
}
