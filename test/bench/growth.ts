import { closeSync, cpSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerPath } from '../../src/node/space-folder.ts';
import { systemClock } from '../../src/node/system.ts';
import { measureBadges } from './badge.ts';
import { BenchSpace, RELEASE, VIRTUAL_PINS } from './bench-space.ts';
import { type Built, buildHistory } from './growth-build.ts';
import { DOORS, type HistoryShape } from './growth-history.ts';
import { MEASURES, Subject } from './growth-measures.ts';
import { measureNodes, type NodeFigures } from './growth-node.ts';
import { openAt } from './growth-space.ts';
import { growthTable, type SizeFigures } from './growth-table.ts';
import type { Bench, Measured, Work } from './row.ts';
import { median, spreadOf } from './statistics.ts';

const SIZES = [1_000, 10_000];
const SIZES_FULL = [1_000, 10_000, 100_000, 1_000_000];
/** Those that are built soonest come first: a run that is stopped has written down what it measured. */
const SHAPES: readonly HistoryShape[] = [
  { members: 100, perBlock: 256 },
  { members: 100, perBlock: 1 },
  { members: 1_000, perBlock: 256 },
  { members: 10_000, perBlock: 256 },
  { members: 1_000, perBlock: 1 },
  { members: 10_000, perBlock: 1 },
];
/** The history whose figures are rows; the others stand in the table beside it. */
const MAIN: HistoryShape = { members: 100, perBlock: 1 };
const ROUNDS = 15;
/** Of the rate at the smallest size, what must be left at the largest. */
const RATIO_MIN = 0.8;
/** Memory of a node and its start, at the largest size against the smallest. */
const NODE_RATIO_MAX = 1.2;

const names = [
  ...MEASURES.map(({ name }) => `growth_${name}`),
  'growth_start',
  'growth_rss',
  'growth_badge_p50',
  'growth_badge_p99',
];

/**
 * What a long history costs: every kind of work at each size, the sizes taking turns within a run. Sizes above 10,000
 * entries are built when FULL=1 is given, or one of these names; `longestOf` says how long each history becomes.
 */
export function growthBench(isFull: boolean): Bench {
  return { names, run: (work) => measure(work, isFull ? SIZES_FULL : SIZES) };
}

async function measure(work: Work, sizes: readonly number[]): Promise<readonly Measured[]> {
  const table: SizeFigures[] = [];
  let longest: Built | undefined;
  for (const shape of SHAPES) {
    // Who has a card was written down first.
    const own = sizes.filter((size) => size > 3 * shape.members && size <= longestOf(shape));
    if (own.length === 0) continue;
    const label = `${shape.members} members, ${shape.perBlock} a block`;
    const history = await buildHistory(shape, own, (text) => work.say(`${label}: ${text}`));
    table.push(...(await measureHistory(history, work, label, sizes === SIZES_FULL || isMain(shape))));
    writeFileSync(join(RELEASE, 'build/growth.json'), `${JSON.stringify(table.map(plainFigures), null, 2)}\n`);
    work.say(`${label}: measured, build/growth.json has it`);
    if (isMain(shape)) longest = history.at(-1);
  }
  process.stdout.write(`${growthTable(table)}\n\n`);
  const rows = rowsOf(table.filter(({ built: { shape } }) => isMain(shape)));
  return [...rows, ...(await badgesAt(longest, work))];
}

function isMain({ members, perBlock }: HistoryShape): boolean {
  return members === MAIN.members && perBlock === MAIN.perBlock;
}

/** A million blocks are built for few members, and a million entries for many: each alone takes ten minutes. */
function longestOf({ members, perBlock }: HistoryShape): number {
  return perBlock === 1 && members > MAIN.members ? 100_000 : 1_000_000;
}

/** All sizes of one history, in turns. */
async function measureHistory(
  history: readonly Built[],
  work: Work,
  label: string,
  hasNodes: boolean,
): Promise<readonly SizeFigures[]> {
  const copies = history.map(({ folder, entries }) => {
    const copy = join(work.folder, `growth-${entries}`);
    rmSync(copy, { recursive: true, force: true });
    copySynced(folder, copy);
    return copy;
  });
  const subjects: Subject[] = [];
  const rates = history.map(() => new Map<string, number[]>());
  try {
    for (const [at, { shape, entries }] of history.entries()) {
      subjects.push(new Subject(await openAt(copies[at] ?? '', systemClock('trusted')), shape, entries));
    }
    for (let round = 0; round <= ROUNDS; round += 1) {
      work.say(`${label}: ${round === 0 ? 'warm' : `round ${round} of ${ROUNDS}`}`);
      for (const { name, run } of MEASURES) {
        for (const [at, subject] of inTurn([...subjects.entries()], round)) {
          const rate = await run(subject);
          if (round > 0) rates[at]?.set(name, [...(rates[at]?.get(name) ?? []), rate]);
        }
      }
    }
  } finally {
    for (const { space } of subjects) await space.close();
  }
  const nodes = hasNodes ? await measureNodes(copies, (text) => work.say(`${label}: ${text}`)) : [];
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  return history.map((built, at) => ({ built, rates: rates[at] ?? new Map(), node: nodes[at] ?? null }));
}

/** The badge budgets, on a copy of the longest history. */
async function badgesAt(built: Built | undefined, work: Work): Promise<readonly Measured[]> {
  if (built === undefined) return [];
  const folder = join(work.folder, 'growth-badge');
  copySynced(built.folder, folder);
  const space = new BenchSpace(folder, VIRTUAL_PINS, { doors: DOORS });
  try {
    await space.start();
    const name = 'growth_badge';
    return await measureBadges(work, name, space, `the virtual pins process, after ${built.entries} entries`);
  } finally {
    await space.programs.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a copy leaves to be written would be written by the first checkpoint, a gigabyte before a waiting badge. */
function copySynced(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  const file = openSync(ledgerPath(to), 'r+');
  fsyncSync(file);
  closeSync(file);
}

/** Forth in one round and back in the next, so that no size always comes first. */
function inTurn<T>(items: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? items : items.toReversed();
}

function rowsOf(figures: readonly SizeFigures[]): readonly Measured[] {
  const [small, large] = [figures[0], figures.at(-1)];
  if (small === undefined || large === undefined) return [];
  const against = `the same with a history of ${small.built.entries} entries; ${large.built.entries} here, taking turns`;
  const measured = MEASURES.map(({ name, what }): Measured => {
    const [ours, yardsticks] = [large.rates.get(name) ?? [], small.rates.get(name) ?? []];
    const [value, yardstick] = [median(ours), median(yardsticks)];
    const ratio = value / yardstick;
    const budget = `ratio >= ${RATIO_MIN}`;
    const unit = '/s';
    const row = { name: `growth_${name}`, value, unit, against: `${what}; ${against}`, yardstick, ratio, budget };
    return { row: { ...row, holds: ratio >= RATIO_MIN }, ours: spreadOf(ours), yardsticks: spreadOf(yardsticks) };
  });
  return [...measured, ...nodeRows(small.node, large.node, against)];
}

function nodeRows(small: NodeFigures | null, large: NodeFigures | null, against: string): readonly Measured[] {
  if (small === null || large === null) return [];
  const row = (
    name: string,
    unit: string,
    what: string,
    pick: (figures: NodeFigures) => readonly number[],
  ): Measured => {
    const [value, yardstick] = [median(pick(large)), median(pick(small))];
    const ratio = value / yardstick;
    const budget = `ratio <= ${NODE_RATIO_MAX}`;
    const figures = { name, value, unit, against: `${what}; ${against}`, yardstick, ratio, budget };
    return {
      row: { ...figures, holds: ratio <= NODE_RATIO_MAX },
      ours: spreadOf(pick(large)),
      yardsticks: spreadOf(pick(small)),
    };
  };
  return [
    row('growth_start', 'ms', 'from the start of a node to its open socket', ({ startMs }) => startMs),
    row('growth_rss', 'MB', 'resident memory of a node at rest after its start', ({ rssMb }) => rssMb),
  ];
}

function plainFigures({ built, rates, node }: SizeFigures): object {
  const medians = [...rates].map(([name, values]) => [name, median(values)]);
  return { ...built, folder: undefined, rates: Object.fromEntries(medians), node };
}
