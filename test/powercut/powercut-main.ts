import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { RELEASE } from '../machine/release.ts';
import { Results } from '../node/results.ts';
import { anySeed } from '../node/seeded.ts';
import { wholeSetting } from '../node/settings.ts';
import { Campaign, type CheckLine, type CutLine } from './campaign.ts';
import { BUILD, buildMachine } from './machine.ts';
import { SYNCS, type Sync } from './power.ts';

/** `make powercut`: cuts the power until there were N cuts of this tree, and says what came of it. */

const CUTS_MAX = 100_000;
const SEED_MAX = 2 ** 31;

/** A line of the results file. */
type Line = (CutLine | CheckLine) & {
  readonly at: string;
  readonly tree: string;
  readonly sync: Sync;
  readonly seed: number;
};

function syncOf(): Sync {
  const text = process.env.SYNC || 'full';
  const sync = SYNCS.find((one) => one === text);
  if (sync === undefined) throw new Error(`SYNC=${text}: one of ${SYNCS.join(', ')}`);
  return sync;
}

function told(line: CutLine | CheckLine, total: number): string {
  if ('check' in line) {
    const { verdict, acknowledged, missing, blocks, why } = line;
    const reasons = verdict === 'clean' ? '' : `\n  ${why.join('\n  ')}`;
    return `  found: ${verdict}, ${blocks} blocks, ${missing} of ${acknowledged} acknowledged missing${reasons}`;
  }
  const { cut, moment, acknowledged, held, fate, lostSectors, tornBlocks, ms } = line;
  const disk = `${held} writes unflushed, ${fate} kept, ${lostSectors} sectors lost, ${tornBlocks} blocks torn`;
  return `cut ${cut} of ${total} ${moment}: ${acknowledged} acknowledged, ${disk}, ${(ms / 1000).toFixed(1)} s`;
}

function summary(lines: readonly Line[]): string {
  const cuts = lines.filter((line) => 'cut' in line);
  const checks = lines.filter((line) => 'check' in line);
  const sum = (of: (line: CutLine) => number) => cuts.reduce((total, line) => total + of(line), 0);
  const bad = checks.filter(({ verdict }) => verdict !== 'clean');
  const missing = bad.reduce((total, line) => total + line.missing, 0);
  const verdicts = bad.length === 0 ? 'all clean' : `not clean: ${bad.map(({ verdict }) => verdict).join(', ')}`;
  return [
    `${cuts.length} power cuts, ${checks.length} checks, ${verdicts}`,
    `${sum((line) => line.acknowledged)} appends acknowledged, ${missing} of them lost`,
    `${cuts.filter(({ held }) => held > 0).length} cuts with unflushed writes: ` +
      `${sum((line) => line.lostSectors)} sectors lost, ${sum((line) => line.tornBlocks)} blocks torn`,
  ].join('\n');
}

async function main(): Promise<boolean> {
  const total = wholeSetting('N', 50, CUTS_MAX);
  const seed = wholeSetting('SEED', anySeed(), SEED_MAX);
  const sync = syncOf();
  const machine = await buildMachine((what) => console.log(what));
  const { tree } = machine;
  const folder = join(BUILD, `disk-${sync}`);
  if (!Campaign.isOf(machine, folder)) rmSync(folder, { recursive: true, force: true });
  const results = new Results<Line>(join(RELEASE, 'build/powercut.jsonl'));
  const made = () => results.all().filter((line) => line.tree === tree && line.sync === sync);
  const before = made().filter((line) => 'cut' in line).length;
  console.log(`tree ${tree}, SYNC=${sync} SEED=${seed}: ${before} of ${total} cuts were made before`);
  const keep = (line: CutLine | CheckLine): void => {
    results.add({ at: new Date().toISOString(), tree, sync, seed, ...line });
    console.log(told(line, total));
  };
  const campaign = await Campaign.resume({ machine, sync, seed, folder, keep }, before);
  let isRed = false;
  while (campaign.cuts < total && !(isRed && sync === 'full')) {
    isRed = !['clean', null].includes(await campaign.cut()) || isRed;
  }
  if (!(isRed && sync === 'full')) isRed = (await campaign.check()) !== 'clean' || isRed;
  const lines = made();
  console.log(`${summary(lines)}\nkept in ${results.path}`);
  return isRed || lines.some((line) => 'check' in line && line.verdict !== 'clean');
}

if (await main()) process.exitCode = 1;
