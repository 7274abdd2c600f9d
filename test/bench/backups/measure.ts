import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured, Work } from '../row.ts';
import { median, spreadOf } from '../statistics.ts';
import { type Cost, costsOf, OURS, RIVALS, type Tool } from './tools.ts';

/** The first and the second backup of one tool, round by round. */
export interface Runs {
  readonly tool: string;
  readonly first: readonly Cost[];
  readonly second: readonly Cost[];
}

/** Stored bytes may be so much above the best. */
const STORED_RATIO_MAX = 1.05;

/** Backs a corpus up with every tool, `rounds` times; the tools take turns, so that what else happens falls on all. */
export async function runsOver(corpus: string, rounds: number, work: Work): Promise<readonly Runs[]> {
  const runs = new Map<Tool, (readonly [Cost, Cost])[]>([OURS, ...RIVALS].map((tool) => [tool, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [tool, costs] of runs) {
      work.say(`${tool.name}, round ${round} of ${rounds}`);
      const folder = join(work.folder, tool.name);
      costs.push(await costsOf(tool, corpus, folder));
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return [...runs].map(([{ name }, costs]) => ({
    tool: name,
    first: costs.map(([first]) => first),
    second: costs.map(([, second]) => second),
  }));
}

/** A row for the time of both backups against each rival's, and one for the bytes that are stored in the end. */
export function rowsOf(what: string, all: readonly Runs[]): readonly Measured[] {
  const [ours, ...rivals] = all;
  if (ours === undefined) throw new Error('nothing was measured');
  const times = rivals.map((rival) =>
    rowOf(
      `backup_vs_${rival.tool}`,
      's',
      `${rival.tool}, a first and a second backup of ${what}`,
      secondsOf,
      1,
      ours,
      rival,
    ),
  );
  const [best] = rivals.toSorted((a, b) => median(storedOf(a)) - median(storedOf(b)));
  if (best === undefined) return times;
  const against = `${best.tool}, which stores the least of the others after both`;
  return [...times, rowOf('backup_stored', 'MB', against, storedOf, STORED_RATIO_MAX, ours, best)];
}

function rowOf(
  name: string,
  unit: string,
  against: string,
  of: (runs: Runs) => readonly number[],
  most: number,
  ours: Runs,
  rival: Runs,
): Measured {
  const [value, yardstick] = [median(of(ours)), median(of(rival))];
  const ratio = value / yardstick;
  return {
    row: { name, value, unit, against, yardstick, ratio, budget: `ratio <= ${most}`, holds: ratio <= most },
    ours: spreadOf(of(ours)),
    yardsticks: spreadOf(of(rival)),
  };
}

function secondsOf({ first, second }: Runs): readonly number[] {
  return first.map(({ seconds }, round) => seconds + (second[round]?.seconds ?? 0));
}

function storedOf({ second }: Runs): readonly number[] {
  return second.map(({ storedBytes }) => storedBytes / 1e6);
}
