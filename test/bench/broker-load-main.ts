import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { wholeSetting } from '../node/settings.ts';
import { BadgeProbe } from './badge-probe.ts';
import { BenchSpace, RELEASE, VIRTUAL_PINS } from './bench-space.ts';
import { Fleet } from './fleet.ts';
import { rssMb } from './memory.ts';
import { percentile } from './statistics.ts';

// `make broker-load MINUTES=10 DEVICES=500 RATE=1000`: samples into build/broker-load.jsonl, one line for each 60 badges.

const MINUTES = wholeSetting('MINUTES', 10, 10_000);
const DEVICES = wholeSetting('DEVICES', 500, 1_000);
const RATE = wholeSetting('RATE', 1_000, 10_000);
const BADGES = 60;
const build = join(RELEASE, 'build');
const record = join(build, 'broker-load.jsonl');
const say = (text: string) => void process.stderr.write(`broker-load: ${text}\n`);

mkdirSync(build, { recursive: true });
const folder = mkdtempSync(join(build, 'broker-load-'));
const space = new BenchSpace(join(folder, 'space'), VIRTUAL_PINS, { logLevel: 'warn' });
try {
  await space.found();
  const pid = await space.start();
  await space.furnish();
  const probe = await BadgeProbe.open(space);
  const sample = async (fleet: Fleet | null, startMs: number) => {
    const times = await probe.measure(BADGES);
    const [badgeP50Ms, badgeP99Ms] = [percentile(times, 0.5), percentile(times, 0.99)];
    const atS = Math.round((performance.now() - startMs) / 1000);
    const count = fleet === null ? {} : await fleet.count();
    const storeMb = statSync(join(space.folder, 'broker.db')).size / 1e6;
    const line = { atS, rssMb: rssMb(pid), badgeP50Ms, badgeP99Ms, ...count, storeMb, load: loadavg()[0] };
    appendFileSync(record, `${JSON.stringify(line)}\n`);
    say(JSON.stringify(line));
  };
  appendFileSync(record, `${JSON.stringify({ begin: true, minutes: MINUTES, devices: DEVICES, rate: RATE })}\n`);
  await sample(null, performance.now());
  const fleet = await Fleet.start(space, DEVICES, RATE);
  const startMs = performance.now();
  while (performance.now() - startMs < MINUTES * 60_000) await sample(fleet, startMs);
  await probe.close();
} finally {
  await space.programs.stop();
  rmSync(folder, { recursive: true, force: true });
}
