import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RELEASE } from '../../machine/release.ts';
import { Results } from '../../node/results.ts';
import { anySeed, seeded } from '../../node/seeded.ts';
import { wholeSetting } from '../../node/settings.ts';
import { imageBoard } from './boards.ts';
import { builtImage } from './image.ts';
import { cutDaily } from './power-daily.ts';
import { cutFirstBoot } from './power-first.ts';
import { type CutLine, PHASES, type Phase } from './power-line.ts';
import { settledCard } from './settled-card.ts';

/** `make image-powercut`: takes the power of a board that runs the real image, until there were N trials of this image. */

const TRIALS_MAX = 100_000;
const SEED_MAX = 2 ** 31;

type Line = CutLine & { readonly at: string; readonly board: string; readonly image: string; readonly seed: number };

function phaseOf(): Phase {
  const text = process.env.PHASE || 'first-boot';
  const phase = PHASES.find((one) => one === text);
  if (phase === undefined) throw new Error(`PHASE=${text}: one of ${PHASES.join(', ')}`);
  return phase;
}

function told({ cuts, acknowledged, faults, ms }: CutLine): string {
  const verdict = faults.length === 0 ? 'clean' : ['NOT CLEAN', ...faults].join('\n    ');
  return `${cuts.join('; ')}; ${acknowledged} acknowledged, ${(ms / 1000).toFixed(0)} s\n  found: ${verdict}`;
}

async function main(): Promise<number> {
  const phase = phaseOf();
  const board = process.env.BOARD || 'virt-arm64';
  const total = wholeSetting('N', 20, TRIALS_MAX);
  const seed = wholeSetting('SEED', anySeed(), SEED_MAX);
  const { key, scratch } = await builtImage(imageBoard(board).image);
  const results = new Results<Line>(join(RELEASE, 'build/image-powercut.jsonl'));
  const made = () => results.all().filter((one) => one.phase === phase && one.board === board && one.image === key);
  console.log(`${board}, image ${key}, PHASE=${phase} SEED=${seed}: ${made().length} of ${total} were made before`);
  const folder = join(scratch, `daily-${key}`);
  for (let count = made().length; count < total; count += 1) {
    const random = seeded(seed + Math.imul(count + 1, 0x9e3779b1));
    const line =
      phase === 'daily'
        ? await cutDaily(await settledCard(board, folder, (text) => console.log(text)), random)
        : await cutFirstBoot(board, random);
    results.add({ at: new Date().toISOString(), board, image: key, seed, ...line });
    console.log(`${count + 1} of ${total}: ${told(line)}`);
  }
  const bad = made().filter(({ faults }) => faults.length > 0).length;
  const sum = (of: (line: Line) => number) => made().reduce((all, line) => all + of(line), 0);
  const kept = phase === 'daily' && existsSync(folder) ? `; the card is kept in ${folder}` : '';
  console.log(
    `${made().length} trials, ${bad === 0 ? 'all clean' : `${bad} not clean`}, ${sum(({ cuts }) => cuts.length)} cuts; ` +
      `${sum(({ acknowledged }) => acknowledged)} acknowledged, ${sum(({ missing }) => missing)} missing${kept}`,
  );
  return bad === 0 ? 0 : 1;
}

process.exitCode = await main();
