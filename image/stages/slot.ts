import { join } from 'node:path';
import { makeExt4 } from '../disk/ext4.ts';
import { PARTS, uuidOf } from '../disk/layout.ts';
import type { StageResult } from '../stage.ts';
import type { Workshop } from '../workshop.ts';

const RECIPE = 'slot 1';

/** The file system of slot A, in the file `slot.ext4`: what an update of this version writes into either slot. */
export async function makeSlot(shop: Workshop, rootfs: StageResult): Promise<StageResult> {
  const { board, cache, commands, epochS } = shop;
  return cache.run({
    name: `slot-${board.name}`,
    inputs: [RECIPE, rootfs.key, board.diskId, String(epochS)],
    make: async (folder) => {
      await makeExt4(commands, {
        image: join(folder, 'slot.ext4'),
        bytes: PARTS.SLOT_A.size,
        label: 'bm-a',
        uuid: uuidOf(board.diskId, PARTS.SLOT_A),
        folder: join(rootfs.folder, 'root'),
        isReadOnly: true,
        epochS,
      });
    },
  });
}
