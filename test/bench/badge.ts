import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../src/base/errors.ts';
import { connectPins, type PinsClient } from '../../src/devices/pins/client.ts';
import { BARE_OUTPUT, BenchSpace, DOOR_OUTPUT, frameOf, OPEN_MS, RELEASE, VIRTUAL_PINS } from './bench-space.ts';
import type { Bench, Measured, Work } from './row.ts';
import { SerialFeed } from './serial-feed.ts';
import { percentile, spreadOf } from './statistics.ts';

const BADGES = 300;
const ROUND_BADGES = 50;
/** From one badge to the next at the same line: the output is off again, so that each pulse switches it. */
const SLOT_MS = 120;
const P50_MS_MAX = 5;
const P99_MS_MAX = 20;

const NATIVE_PINS = join(RELEASE, 'build/blockmesh-pins-sim');

/** From the last byte of a badge at the reader to the door's output set, with the virtual twin of the pins process. */
export const badgeBench: Bench = {
  names: ['badge_to_output_p50', 'badge_to_output_p99'],
  run: (work) => measure(work, 'badge_to_output', VIRTUAL_PINS, 'the virtual pins process'),
};

/** The same with the pins process of a board, its lines simulated. */
export const nativeBadgeBench: Bench = {
  names: ['badge_to_output_native_p50', 'badge_to_output_native_p99'],
  async run(work) {
    if (!existsSync(NATIVE_PINS)) {
      throw new CodedError('bench_not_built', `${NATIVE_PINS} is not there`, {
        advice: 'make build/blockmesh-pins-sim',
      });
    }
    return await measure(work, 'badge_to_output_native', [NATIVE_PINS], 'blockmesh-pins-sim');
  },
};

/** One way from a line's last byte to an output: where to write, which output answers, and when each frame ended. */
interface Way {
  readonly feed: SerialFeed;
  readonly output: string;
  readonly sentNs: bigint[];
}

async function measure(work: Work, name: string, pins: readonly string[], pinsName: string): Promise<Measured[]> {
  const space = new BenchSpace(join(work.folder, name), pins);
  try {
    work.say('founding a space');
    await space.found();
    await space.start();
    await space.furnish();
    return await measureBadges(work, name, space, pinsName);
  } finally {
    await space.programs.stop();
  }
}

/** @param space runs, and its front door takes the cards of `frameOf`. */
export async function measureBadges(
  work: Work,
  name: string,
  space: BenchSpace,
  pinsName: string,
): Promise<Measured[]> {
  const bareFeed = await startBareReader(space);
  const ours: Way = { feed: new SerialFeed(space.feed), output: DOOR_OUTPUT, sentNs: [] };
  const bare: Way = { feed: new SerialFeed(bareFeed), output: BARE_OUTPUT, sentNs: [] };
  const client = await connectPins({ socketPath: space.pinsSocket });
  await badgeAll([ours, bare], client, space, work);
  const times = { ours: await pulseTimesMs(ours, client), bare: await pulseTimesMs(bare, client) };
  await client.close();
  for (const way of [ours, bare]) way.feed.close();
  const against = `the same bytes at a bare process that at once asks ${pinsName}, the same one`;
  return [
    measured(`${name}_p50`, times, 0.5, P50_MS_MAX, against),
    measured(`${name}_p99`, times, 0.99, P99_MS_MAX, against),
  ];
}

/** @returns where the bytes for the bare process are written. */
async function startBareReader(space: BenchSpace): Promise<string> {
  const port = join(space.folder, 'run/bare-reader');
  const feed = `${port}.feed`;
  await space.startLine('bare-line', port, feed);
  const log = space.log('bare-reader');
  const program = join(RELEASE, 'test/bench/bare-reader-main.ts');
  const words = [port, space.pinsSocket, BARE_OUTPUT, String(OPEN_MS), String(frameOf(0).length)];
  space.programs.start('the bare reader', [process.execPath, program, ...words], log);
  await space.programs.until('the bare reader to start', () => readFileSync(log, 'utf8') === 'ready\n');
  return feed;
}

/** One badge here, half a slot later one there, and so on; after each round every badge must have had its pulse. */
async function badgeAll(ways: readonly Way[], pins: PinsClient, space: BenchSpace, work: Work): Promise<void> {
  const startMs = performance.now();
  for (let badge = 0; badge < BADGES; badge += 1) {
    for (const [at, { feed, sentNs }] of ways.entries()) {
      const dueMs = startMs + (badge + at / ways.length) * SLOT_MS;
      await sleep(Math.max(0, dueMs - performance.now()));
      sentNs.push(feed.send(frameOf(badge)));
    }
    if ((badge + 1) % ROUND_BADGES !== 0) continue;
    work.say(`${badge + 1} of ${BADGES} badges`);
    const wanted = (badge + 1) * ways.length;
    await space.programs.until(`${wanted} pulses`, async () => (await pins.records(wanted - 1)).length > 0);
  }
}

/**
 * How long each badge took to its pulse at `output`.
 * @throws bench_pulse when the pulses are not exactly one for each badge, each before the next badge.
 */
export async function pulseTimesMs(
  { output, sentNs }: Pick<Way, 'output' | 'sentNs'>,
  pins: PinsClient,
): Promise<readonly number[]> {
  const records = (await pins.records(0)).filter((record) => record.output === output);
  return sentNs.map((sent, at) => {
    const onNs = records[at]?.onNs;
    const next = sentNs[at + 1];
    if (onNs === undefined || onNs < sent || (next !== undefined && onNs > next) || records.length !== sentNs.length) {
      throw new CodedError(
        'bench_pulse',
        `badge ${at + 1} has no pulse of its own at ${output}: ${lateText(onNs, sent)}`,
        {
          fields: { badges: sentNs.length, pulses: records.length },
        },
      );
    }
    return Number(onNs - sent) / 1e6;
  });
}

function lateText(onNs: bigint | undefined, sentNs: bigint): string {
  return onNs === undefined ? 'none came' : `it came after ${Number(onNs - sentNs) / 1e6} ms`;
}

function measured(
  name: string,
  times: { readonly ours: readonly number[]; readonly bare: readonly number[] },
  share: number,
  budgetMs: number,
  against: string,
): Measured {
  const value = percentile(times.ours, share);
  const yardstick = percentile(times.bare, share);
  const ratio = value / yardstick;
  const budget = `<= ${budgetMs} ms`;
  const row = { name, value, unit: 'ms', against, yardstick, ratio, budget, holds: value <= budgetMs };
  return { row, ours: spreadOf(times.ours), yardsticks: spreadOf(times.bare) };
}
