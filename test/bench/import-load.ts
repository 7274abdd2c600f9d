import { once } from 'node:events';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../src/base/errors.ts';
import { connectPins, type PinsClient } from '../../src/devices/pins/client.ts';
import { pulseTimesMs } from './badge.ts';
import { BenchSpace, blockmesh, DOOR_OUTPUT, frameOf, VIRTUAL_PINS } from './bench-space.ts';
import type { Bench, Measured, Work } from './row.ts';
import { SerialFeed } from './serial-feed.ts';
import { percentile, spreadOf } from './statistics.ts';

const GIB = 1024 ** 3;
const IMPORTED_BYTES = 10 * GIB;
/** While all is quiet. */
const QUIET_BADGES = 150;
const IMPORT_BADGES_MAX = 5_000;
/** Long enough that a badge which was held up is still told from the next one. */
const SLOT_MS = 300;
const P99_MS_MAX = 20;
const NAME = 'badge_under_import';

/** Badges at a door while 10 GiB without a pattern go into the chunk store of its board. */
export const importLoadBench: Bench = { names: [NAME], run: async (work) => [await measure(work)] };

async function measure(work: Work): Promise<Measured> {
  const space = new BenchSpace(join(work.folder, NAME), VIRTUAL_PINS, { logLevel: 'warn' });
  try {
    work.say('founding a space');
    await space.found();
    await space.start();
    await space.furnish();
    const feed = new SerialFeed(space.feed);
    const pins = await connectPins({ socketPath: space.pinsSocket });
    const sentNs: bigint[] = [];
    await badge(feed, sentNs, QUIET_BADGES, () => false);
    work.say('quiet');
    const ended = await importUnder(space, async (hasEnded) => {
      await badge(feed, sentNs, IMPORT_BADGES_MAX, hasEnded);
    });
    work.say(`imported ${ended.bytes / GIB} GiB beside ${sentNs.length - QUIET_BADGES} badges`);
    await untilPulses(space, pins, sentNs.length);
    const timesMs = await pulseTimesMs({ output: DOOR_OUTPUT, sentNs }, pins);
    await pins.close();
    feed.close();
    return rowOf(timesMs.slice(0, QUIET_BADGES), timesMs.slice(QUIET_BADGES));
  } finally {
    await space.programs.stop();
    rmSync(space.folder, { recursive: true, force: true });
  }
}

/** Badges, one a slot, until there were `most` of them or `isOver`. */
async function badge(feed: SerialFeed, sentNs: bigint[], most: number, isOver: () => boolean): Promise<void> {
  const startMs = performance.now();
  for (let at = 0; at < most && !isOver(); at += 1) {
    await sleep(Math.max(0, startMs + at * SLOT_MS - performance.now()));
    sentNs.push(feed.send(frameOf(sentNs.length)));
  }
}

/** @throws bench_import when the import fails, or stores less than it was given. */
async function importUnder(
  space: BenchSpace,
  meanwhile: (hasEnded: () => boolean) => Promise<void>,
): Promise<{ readonly bytes: number }> {
  const put = blockmesh(['blob', 'put', '-', '--name', 'noise', '--folder', space.folder]).join(' ');
  // A cipher's stream: nothing in it comes twice, and it takes the processor less than a disk would.
  const noise = 'openssl enc -aes-128-ctr -pass pass:bench -nosalt -pbkdf2 -in /dev/zero 2>/dev/null';
  const script = `${noise} | head -c ${IMPORTED_BYTES} | ${put}`;
  const log = space.log('import');
  const child = space.programs.startBrief(['bash', '-c', script], log);
  const exit = once(child, 'exit');
  await meanwhile(() => child.exitCode !== null || child.signalCode !== null);
  await exit;
  const path = join(space.folder, 'chunks.db');
  const bytes = existsSync(path) ? statSync(path).size : 0;
  if (bytes >= IMPORTED_BYTES) return { bytes };
  throw new CodedError('bench_import', `the import left ${bytes} bytes in ${path}; see ${log}`);
}

async function untilPulses(space: BenchSpace, pins: PinsClient, wanted: number): Promise<void> {
  await space.programs.until(`${wanted} pulses`, async () => (await pins.records(wanted - 1)).length > 0);
}

function rowOf(quiet: readonly number[], importing: readonly number[]): Measured {
  const [value, yardstick] = [percentile(importing, 0.99), percentile(quiet, 0.99)];
  const against = 'the same badges while all is quiet; the others while 10 GiB go into the chunk store';
  const budget = `<= ${P99_MS_MAX} ms`;
  return {
    row: {
      name: NAME,
      value,
      unit: 'ms',
      against,
      yardstick,
      ratio: value / yardstick,
      budget,
      holds: value <= P99_MS_MAX,
    },
    ours: spreadOf(importing),
    yardsticks: spreadOf(quiet),
  };
}
