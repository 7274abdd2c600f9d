import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchSpace, frameOf, VIRTUAL_PINS } from './bench-space.ts';
import { descendants, pssMb, rssMb, steady } from './memory.ts';
import type { Bench, Measured, Work } from './row.ts';
import { SerialFeed } from './serial-feed.ts';
import { median, spreadOf } from './statistics.ts';

const ROUNDS = 3;
const BADGES = 20;
const SLOT_MS = 120;
const RSS_MB_MAX = 110;

/** Memory of a node's own process after its start and some badges, when nothing happens any more. */
export const restBench: Bench = { names: ['rss_rest', 'rss_rest_all'], run: measure };

interface Sample {
  readonly node: number;
  /** The node and what its children need beside what they share. */
  readonly all: number;
  readonly bare: number;
}

async function measure(work: Work): Promise<readonly Measured[]> {
  const space = new BenchSpace(join(work.folder, 'rest'), VIRTUAL_PINS);
  await space.found();
  try {
    await space.start();
    await space.furnish();
  } finally {
    await space.programs.stop();
  }
  const samples: Sample[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    work.say(`round ${round} of ${ROUNDS}`);
    samples.push({ ...(await nodeAtRest(space)), bare: await bareAtRest() });
  }
  const budget = `<= ${RSS_MB_MAX} MB`;
  return [
    measured(
      'rss_rest',
      samples,
      ({ node }) => node,
      budget,
      (value) => value <= RSS_MB_MAX,
    ),
    measured(
      'rss_rest_all',
      samples,
      ({ all }) => all,
      'none; beside rss_rest',
      () => true,
    ),
  ];
}

async function nodeAtRest(space: BenchSpace): Promise<Pick<Sample, 'node' | 'all'>> {
  try {
    const pid = await space.start();
    const feed = new SerialFeed(space.feed);
    for (let badge = 0; badge < BADGES; badge += 1) {
      feed.send(frameOf(badge));
      await sleep(SLOT_MS);
    }
    feed.close();
    const node = await steady(
      () => rssMb(pid),
      () => statSync(space.nodeLog).size,
    );
    const children = descendants(pid).reduce((sum, child) => sum + pssMb(child), 0);
    return { node, all: node + children };
  } finally {
    await space.programs.stop();
  }
}

/** A process that has done nothing. */
async function bareAtRest(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore' });
  try {
    await once(child, 'spawn');
    return await steady(
      () => rssMb(child.pid ?? 0),
      () => 0,
    );
  } finally {
    child.kill('SIGKILL');
  }
}

function measured(
  name: string,
  samples: readonly Sample[],
  pick: (sample: Sample) => number,
  budget: string,
  holds: (value: number) => boolean,
): Measured {
  const ours = samples.map(pick);
  const yardsticks = samples.map(({ bare }) => bare);
  const value = median(ours);
  const yardstick = median(yardsticks);
  const against = 'an idle `node -e`, resident memory';
  const row = { name, value, unit: 'MB', against, yardstick, ratio: value / yardstick, budget, holds: holds(value) };
  return { row, ours: spreadOf(ours), yardsticks: spreadOf(yardsticks) };
}
