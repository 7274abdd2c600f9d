import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BadgeProbe } from './badge-probe.ts';
import { BenchSpace, RELEASE, VIRTUAL_PINS } from './bench-space.ts';
import { Fleet } from './fleet.ts';
import { rssMb } from './memory.ts';
import type { Bench, Measured, Work } from './row.ts';
import { percentile, spreadOf } from './statistics.ts';

const DEVICES = 500;
const RATE = 1_000;
const BADGES = 200;
const SHARE_MIN = 0.99;
const P99_MS_MAX = 20;
const FLOOD = 10_000;
const FLOOD_S = 60;

/** 500 devices that send 1,000 messages a second over TLS, badges meanwhile; then 10,000 connections in a minute besides. */
export const brokerBench: Bench = {
  names: ['broker_messages', 'broker_badge_p99', 'broker_flood_messages', 'broker_flood_badge_p99', 'broker_rss'],
  async run(work) {
    const space = new BenchSpace(join(work.folder, 'broker'), VIRTUAL_PINS, { logLevel: 'warn' });
    try {
      await space.found();
      const pid = await space.start();
      await space.furnish();
      return await measure(work, space, pid);
    } finally {
      await space.programs.stop();
    }
  },
};

async function measure(work: Work, space: BenchSpace, pid: number): Promise<readonly Measured[]> {
  const probe = await BadgeProbe.open(space);
  work.say('badges, quiet');
  const quiet = await probe.measure(BADGES);
  work.say(`${DEVICES} devices connect`);
  const fleet = await Fleet.start(space, DEVICES, RATE);
  const rssBefore = rssMb(pid);
  work.say(`badges, while they send ${RATE} messages a second`);
  const loaded = await during(fleet, () => probe.measure(BADGES));
  work.say(`badges, while ${FLOOD} connections come in ${FLOOD_S} s besides`);
  const flooded = await during(fleet, () => flood(space, fleet, probe, work));
  const rssAfter = rssMb(pid);
  await probe.close();
  return [
    messages('broker_messages', loaded),
    badges('broker_badge_p99', loaded.result, quiet),
    messages('broker_flood_messages', flooded),
    badges('broker_flood_badge_p99', flooded.result, quiet),
    memory(rssAfter, rssBefore),
  ];
}

interface During {
  readonly result: readonly number[];
  /** Messages a second. */
  readonly sent: number;
  readonly echoed: number;
}

async function during(fleet: Fleet, task: () => Promise<readonly number[]>): Promise<During> {
  const before = await fleet.count();
  const startMs = performance.now();
  const result = await task();
  const after = await fleet.count();
  const s = (performance.now() - startMs) / 1000;
  return { result, sent: (after.sent - before.sent) / s, echoed: (after.echoed - before.echoed) / s };
}

async function flood(space: BenchSpace, fleet: Fleet, probe: BadgeProbe, work: Work): Promise<readonly number[]> {
  const log = space.log('flood');
  const main = join(RELEASE, 'test/bench/connections-main.ts');
  const words = [String(fleet.port), String(FLOOD), String(FLOOD_S)];
  const end = space.programs.run('the flood', [process.execPath, main, ...words], log);
  const times: number[] = [];
  let isOver = false;
  void end
    .finally(() => {
      isOver = true;
    })
    .catch(() => undefined);
  while (!isOver) times.push(...(await probe.measure(20)));
  await end;
  work.say(`flood: ${readFileSync(log, 'utf8').trim()}`);
  return times;
}

function messages(name: string, { sent, echoed }: During): Measured {
  const [value, yardstick] = [echoed, sent];
  const ratio = value / yardstick;
  const against = `what ${DEVICES} devices sent`;
  const budget = `>= ${SHARE_MIN} of what is sent`;
  const row = { name, value, unit: '1/s', against, yardstick, ratio, budget, holds: ratio >= SHARE_MIN };
  return { row, ours: spreadOf([echoed]), yardsticks: spreadOf([sent]) };
}

function badges(name: string, times: readonly number[], quiet: readonly number[]): Measured {
  const [value, yardstick] = [percentile(times, 0.99), percentile(quiet, 0.99)];
  const against = 'the same before any device connected';
  const budget = `<= ${P99_MS_MAX} ms`;
  const row = {
    name,
    value,
    unit: 'ms',
    against,
    yardstick,
    ratio: value / yardstick,
    budget,
    holds: value <= P99_MS_MAX,
  };
  return { row, ours: spreadOf(times), yardsticks: spreadOf(quiet) };
}

function memory(value: number, yardstick: number): Measured {
  const against = 'when all were connected and had not sent yet';
  const ratio = value / yardstick;
  const row = { name: 'broker_rss', value, unit: 'MB', against, yardstick, ratio, budget: 'none here', holds: true };
  return { row, ours: spreadOf([value]), yardsticks: spreadOf([yardstick]) };
}
