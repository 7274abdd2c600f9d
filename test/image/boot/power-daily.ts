import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Program } from '../../node/program.ts';
import type { Seeded } from '../../node/seeded.ts';
import { CARD_FRAME, STRANGE_FRAME } from './card-text.ts';
import type { TestCard } from './image-run.ts';
import { blocksIn, faultsOfBoard, faultsOfCard, heldBlocks } from './power-check.ts';
import { PowerLife } from './power-life.ts';
import type { CutLine } from './power-line.ts';
import { type ShellPlace, startBySsh } from './shell.ts';
import { untilHealthy } from './times.ts';

/** Power cuts while people come and go: one card, kept from cut to cut. */

const WRITES_MAX = 250;
/** People come as fast as a door lets them. */
const CARD_EVERY_MS = 2_000;

/** One life: what the cut before has left is looked at, then badges are held to the reader until the power goes. */
export async function cutDaily(test: TestCard, random: Seeded): Promise<CutLine> {
  const beganMs = performance.now();
  const known = acknowledgedOn(test);
  const life = await PowerLife.begin(test);
  let missing: readonly string[] = [];
  let faults: readonly string[] = [];
  const told: string[] = [];
  try {
    const shell = await life.board.shell();
    await untilHealthy(shell);
    const held = await heldBlocks(shell);
    missing = known.filter((block) => !held.has(block));
    faults = await faultsOfBoard(life.board, shell);
    const log = await followLog(life.board.place, (block) => told.push(block));
    life.cutAfter(1 + random(WRITES_MAX));
    await holdCards(life);
    log.signal('SIGKILL');
    shell.close();
  } catch (error) {
    if (!life.board.power.hasEnded) faults = [...faults, `it does not come back: ${String(error)}`];
  }
  const { writes } = life;
  const { fate, held, lostSectors, tornBlocks } = await life.end(random);
  appendFileSync(listOf(test), told.map((block) => `${block}\n`).join(''));
  return {
    phase: 'daily',
    cuts: [`at write ${writes}: ${held} unflushed, ${fate} kept, ${lostSectors} sectors lost, ${tornBlocks} torn`],
    acknowledged: told.length,
    missing: missing.length,
    faults: [...missing.map((block) => `lost ${block}`), ...faults, ...faultsOfCard(test)],
    ms: Math.round(performance.now() - beganMs),
  };
}

/** One after the other, known and unknown, until the power goes. */
async function holdCards({ board }: PowerLife): Promise<void> {
  for (let count = 0; !board.power.hasEnded; count += 1) {
    await board.badge(count % 2 === 0 ? CARD_FRAME : STRANGE_FRAME);
    await Promise.race([board.power.exited, pause(CARD_EVERY_MS)]);
  }
}

/** Hears of each entry once the board has told it. @returns once it listens. */
async function followLog(place: ShellPlace, onBlock: (block: string) => void): Promise<Program> {
  const log = startBySsh(place, 'blockmesh log --follow --json --last 1');
  let seen = 0;
  await toldAtAll(log);
  log.onChange(() => {
    for (const block of blocksIn(log.lines.slice(seen))) onBlock(block);
    seen = log.lines.length;
  });
  return log;
}

/** @throws when it ends before it has told the first row. */
async function toldAtAll(log: Program): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = () => {
    if (log.lines.some((line) => line.startsWith('{'))) resolve();
    else if (log.hasEnded) reject(new Error(`the log has ended: ${log.stderr}`));
  };
  log.onChange(look);
  look();
  await promise;
}

function listOf({ folder }: TestCard): string {
  return join(folder, 'acknowledged.txt');
}

function acknowledgedOn(test: TestCard): readonly string[] {
  const path = listOf(test);
  if (!existsSync(path)) writeFileSync(path, '');
  return readFileSync(path, 'utf8').split('\n').filter(Boolean);
}
