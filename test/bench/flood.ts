import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../src/base/errors.ts';
import { readEnvironment } from '../../src/cli/environment.ts';
import { openSession } from '../../src/cli/session.ts';
import { connectPins, type PinsClient } from '../../src/devices/pins/client.ts';
import { pulseTimesMs } from './badge.ts';
import { BenchSpace, DOOR_OUTPUT, frameOf, RELEASE, VIRTUAL_PINS } from './bench-space.ts';
import type { Bench, Measured, Work } from './row.ts';
import { SerialFeed } from './serial-feed.ts';
import { percentile, spreadOf } from './statistics.ts';

/** Quiet and flooded rounds take turns, so that what else the machine does falls on both; the first pair warms up. */
const ROUNDS = 6;
const ROUND_BADGES = 40;
/** Long enough that a badge which was held up is still told from the next one. */
const SLOT_MS = 300;
const FRAMES_PER_S = 10_000;
/** What the flood aims at: its last slice is cut off when it is stopped. */
const AIM_PER_S = 10_150;
/** The flood has begun when this much of it has been written; a terminal holds less. */
const FLOOD_LEAD_MS = 300;
const RATIO_MAX = 2;
/** Of the frames of a flood; a quarter of the broken ones begin with no start and are stray bytes. */
const HEARD_SHARE_MIN = 0.7;

/** What the other reader's line carries. */
const KINDS = { badge_under_flood: 'garbage', badge_under_babble: 'cards' } as const;
interface ReaderStatus {
  readonly name: string;
  readonly badges: number;
  readonly repeats: number;
  readonly dropped: number;
  readonly refused: Readonly<Record<string, number>>;
}

type Name = keyof typeof KINDS;

const AGAINST: Readonly<Record<Name, string>> = {
  badge_under_flood: 'the same badges while all is quiet; other rounds have 10,000 broken frames/s at another reader',
  badge_under_babble: 'the same badges while all is quiet; other rounds have 10,000 strange cards/s at another reader',
};

export const floodBench: Bench = { names: ['badge_under_flood'], run: (work) => measure(work, 'badge_under_flood') };

export const babbleBench: Bench = { names: ['badge_under_babble'], run: (work) => measure(work, 'badge_under_babble') };

async function measure(work: Work, name: Name): Promise<Measured[]> {
  const space = new BenchSpace(join(work.folder, name), VIRTUAL_PINS, { doors: ['front', 'flood'], logLevel: 'warn' });
  try {
    work.say('founding a space');
    await space.found();
    await space.start();
    await space.furnish();
    const feed = new SerialFeed(space.feed);
    const pins = await connectPins({ socketPath: space.pinsSocket });
    const sentNs: bigint[] = [];
    let frames = 0;
    for (let round = 0; round < ROUNDS * 2; round += 1) {
      const isFlooded = round % 2 === 1;
      const flood = isFlooded ? await Flood.start(space, KINDS[name], round) : null;
      await badgeAll(feed, pins, space, sentNs);
      const done = await flood?.stop();
      frames += done?.frames ?? 0;
      work.say(`round ${round + 1} of ${ROUNDS * 2}${done === undefined ? '' : `, ${Math.round(done.rate)} frames/s`}`);
    }
    const timesMs = await pulseTimesMs({ output: DOOR_OUTPUT, sentNs }, pins);
    await pins.close();
    feed.close();
    await checkHeard(space, frames);
    return [rowOf(name, timesMs)];
  } finally {
    await space.programs.stop();
  }
}

async function badgeAll(feed: SerialFeed, pins: PinsClient, space: BenchSpace, sentNs: bigint[]): Promise<void> {
  const startMs = performance.now();
  for (let badge = 0; badge < ROUND_BADGES; badge += 1) {
    await sleep(Math.max(0, startMs + badge * SLOT_MS - performance.now()));
    sentNs.push(feed.send(frameOf(sentNs.length)));
  }
  const wanted = sentNs.length;
  await space.programs.until(`${wanted} pulses`, async () => (await pins.records(wanted - 1)).length > 0);
}

/** @throws bench_flood when the node has not heard the flood: then nothing was measured. */
async function checkHeard(space: BenchSpace, frames: number): Promise<void> {
  const session = await openSession(space.folder, readEnvironment(process.env));
  try {
    const { readers } = (await session.call('node.status', {})) as unknown as { readers: readonly ReaderStatus[] };
    const reader = readers.find(({ name }) => name === 'flood-reader');
    const refused = Object.values(reader?.refused ?? {}).reduce((sum, count) => sum + count, 0);
    const heard = refused + (reader?.badges ?? 0) + (reader?.dropped ?? 0) + (reader?.repeats ?? 0);
    if (heard >= frames * HEARD_SHARE_MIN) return;
    throw new CodedError('bench_flood', `the node heard ${heard} of ${frames} frames of the flood`);
  } finally {
    await session.close();
  }
}

function rowOf(name: Name, timesMs: readonly number[]): Measured {
  const counted = timesMs
    .map((ms, at) => ({ ms, round: Math.floor(at / ROUND_BADGES) }))
    .filter(({ round }) => round > 1);
  const quiet = counted.filter(({ round }) => round % 2 === 0).map(({ ms }) => ms);
  const flooded = counted.filter(({ round }) => round % 2 === 1).map(({ ms }) => ms);
  const [value, yardstick] = [percentile(flooded, 0.99), percentile(quiet, 0.99)];
  const ratio = value / yardstick;
  const budget = `<= ${RATIO_MAX} x quiet p99`;
  const row = { name, value, unit: 'ms', against: AGAINST[name], yardstick, ratio, budget, holds: ratio <= RATIO_MAX };
  return { row, ours: spreadOf(flooded), yardsticks: spreadOf(quiet) };
}

/** The process that floods the line of the door that nobody uses. */
class Flood {
  readonly #child: ChildProcess;
  readonly #log: string;

  private constructor(child: ChildProcess, log: string) {
    this.#child = child;
    this.#log = log;
  }

  static async start(space: BenchSpace, kind: string, round: number): Promise<Flood> {
    const log = space.log(`flood-${round}`);
    const program = join(RELEASE, 'test/bench/flood-main.ts');
    const words = [space.feedOf('flood'), String(AIM_PER_S), kind];
    const child = space.programs.startBrief([process.execPath, program, ...words], log);
    await sleep(FLOOD_LEAD_MS);
    return new Flood(child, log);
  }

  /** @returns how many frames it was, and how many a second. @throws bench_flood when there were fewer than promised. */
  async stop(): Promise<{ readonly frames: number; readonly rate: number }> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    const said = readFileSync(this.#log, 'utf8');
    const [, frames = '0', ms = '1'] = /^(\d+) frames in (\d+) ms$/m.exec(said) ?? [];
    const rate = (Number(frames) / Number(ms)) * 1000;
    if (rate >= FRAMES_PER_S) return { frames: Number(frames), rate };
    throw new CodedError('bench_flood', `only ${Math.round(rate)} frames a second went in: ${said}`);
  }
}
