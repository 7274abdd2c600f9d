import type { Seeded } from '../../node/seeded.ts';
import { discard, makeCard, type TestCard } from './image-run.ts';
import { faultsOfBoard, faultsOfCard } from './power-check.ts';
import { PowerLife } from './power-life.ts';
import type { CutLine } from './power-line.ts';

/** A power cut while a board starts from a new card for the first time. */

/** A first start makes 394 to 396 writes and flushes before its node is healthy; the power goes at any of them. */
const WRITES_MAX = 400;
/** The start that puts right what the cut has left is cut too, now and then. */
const AGAIN_ONE_IN = 3;
const CUTS_MAX = 3;

/** A new card, cut once or more often during its first start, and then left alone until a badge opens. */
export async function cutFirstBoot(name: string, random: Seeded): Promise<CutLine> {
  const beganMs = performance.now();
  const test = await makeCard(name, { gib: 4 });
  const cuts: string[] = [];
  try {
    do {
      const due = 1 + random(WRITES_MAX);
      const life = await PowerLife.begin(test);
      life.cutAfter(due);
      // A start that needs fewer writes is cut as soon as the node is healthy.
      await life.board.said(/bm:node active/).catch(() => '');
      const { writes } = life;
      const { fate, held, lostSectors, tornBlocks } = await life.end(random);
      cuts.push(`at write ${writes}: ${held} unflushed, ${fate} kept, ${lostSectors} sectors lost, ${tornBlocks} torn`);
    } while (cuts.length < CUTS_MAX && random(AGAIN_ONE_IN) === 0);
    const faults = [...(await lookedAt(test, random)), ...faultsOfCard(test)];
    return {
      phase: 'first-boot',
      cuts,
      acknowledged: 0,
      missing: 0,
      faults,
      ms: Math.round(performance.now() - beganMs),
    };
  } finally {
    discard(test);
  }
}

async function lookedAt(test: TestCard, random: Seeded): Promise<readonly string[]> {
  const life = await PowerLife.begin(test);
  try {
    const shell = await life.board.shell();
    return await faultsOfBoard(life.board, shell);
  } catch (error) {
    return [`it does not come back: ${String(error)}`];
  } finally {
    await life.end(random);
  }
}
