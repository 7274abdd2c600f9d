import { rmSync, statSync } from 'node:fs';
import { BenchSpace, VIRTUAL_PINS } from './bench-space.ts';
import { DOORS } from './growth-history.ts';
import { rssMb, steady } from './memory.ts';

const STARTS = 3;

/** What a node of its own needs on a history, one figure a start. */
export interface NodeFigures {
  readonly startMs: readonly number[];
  readonly rssMb: readonly number[];
}

/** Starts a node on each folder in turn, several times over. */
export async function measureNodes(
  folders: readonly string[],
  say: (text: string) => void,
): Promise<readonly NodeFigures[]> {
  const figures = folders.map(() => ({ startMs: [] as number[], rssMb: [] as number[] }));
  // Not counted: caches of the disk and of the compiler fill.
  for (let round = 0; round <= STARTS; round += 1) {
    say(`starting nodes, ${round === 0 ? 'warm' : `round ${round} of ${STARTS}`}`);
    for (const [at, folder] of folders.entries()) {
      const space = new BenchSpace(folder, VIRTUAL_PINS, { doors: DOORS, logLevel: 'warn' });
      try {
        const { pid, startMs } = await space.startTimed();
        const rss = await steady(
          () => rssMb(pid),
          () => statSync(space.nodeLog).size,
        );
        if (round > 0) {
          figures[at]?.startMs.push(startMs);
          figures[at]?.rssMb.push(rss);
        }
      } finally {
        await space.programs.stop();
        rmSync(space.nodeLog, { force: true });
      }
    }
  }
  return figures;
}
