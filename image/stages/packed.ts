import { join } from 'node:path';
import type { StageResult } from '../stage.ts';
import type { Workshop } from '../workshop.ts';

/** As much smaller as a minute is worth; more gains a few percent and takes many. */
const LEVEL = '-10';

/** The card as it is downloaded: `disk.img.zst`. How many processors pack does not change its bytes. */
export async function packCard({ board, cache, commands }: Workshop, disk: StageResult): Promise<StageResult> {
  return cache.run({
    name: `packed-${board.name}`,
    inputs: [LEVEL, disk.key],
    make: async (folder) => {
      const [from, to] = [join(disk.folder, 'disk.img'), join(folder, 'disk.img.zst')];
      await commands.run('zstd', ['-q', '-T0', LEVEL, from, '-o', to]);
    },
  });
}
