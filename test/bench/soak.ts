import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../src/base/json.ts';
import { readEnvironment } from '../../src/cli/environment.ts';
import { openSession, type Session } from '../../src/cli/session.ts';
import { connectPins, type PinsClient } from '../../src/devices/pins/client.ts';
import { BenchSpace, blockmesh, OPEN_MS, RELEASE } from './bench-space.ts';
import { descendants, pssMb, rssMb } from './memory.ts';
import { memberCard, SoakDoor } from './soak-door.ts';
import { SoakFacts } from './soak-facts.ts';
import { SoakRecord, type SoakSample } from './soak-record.ts';
import { percentile } from './statistics.ts';

const DOORS_MIN = 3;
/** Of the 20 a second that a reader passes. */
const BADGES_A_DOOR = 18;
const TICK_MS = 5;
const MEMBERS_AT_ONCE = 16;
const LAST_FACTS_MS_MAX = 60_000;
const POLL_MS = 200;

export interface SoakOptions {
  readonly minutes: number;
  /** Badges a second, over all doors. */
  readonly rate: number;
  readonly members: number;
  readonly sampleMs: number;
  /** A new folder of the run's own. */
  readonly folder: string;
  /** Where samples are added, one JSON line each. */
  readonly recordPath: string;
  /** The command of the pins process, without its options. */
  readonly pins: readonly string[];
  readonly say: (text: string) => void;
  /** Ends the run before its time; what it has is told. */
  readonly stop?: AbortSignal;
}

/** What a run came to. Counts are of badges. */
export interface SoakResult {
  readonly isWhole: boolean;
  readonly sent: number;
  readonly strangers: number;
  readonly granted: number;
  readonly denied: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly refused: number;
  /** As the readers count. */
  readonly heard: number;
  readonly dropped: number;
  readonly heldBack: number;
  readonly verify: JsonObject;
  /** Lines of the node's log, where only what went wrong is written. */
  readonly warnings: number;
  readonly samples: readonly SoakSample[];
  /** Latencies by minute, ms. */
  readonly minutes: readonly (readonly number[])[];
}

/** A whole space under badges for a long time: real node, real serial bytes, every badge accounted for at the end. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { folder, rate, minutes } = options;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const names = Array.from(
    { length: Math.max(DOORS_MIN, Math.ceil(rate / BADGES_A_DOOR)) },
    (_, at) => `door-${at + 1}`,
  );
  const space = new BenchSpace(join(folder, 'space'), options.pins, { doors: names, logLevel: 'warn' });
  const record = new SoakRecord(options.recordPath);
  const run = new Date().toISOString();
  record.add({ run, begin: true, minutes, rate, commit: commitNow() });
  let end = 'failed';
  try {
    await space.found();
    const pid = await space.start();
    const session = await openSession(space.folder, readEnvironment(process.env));
    const members = await furnish(session, names, options);
    const result = await soak({ run, space, pid, session, members, record, options });
    end = result.isWhole ? 'whole' : 'stopped';
    const { samples, minutes: _, ...counts } = result;
    record.add({ run, end, result: counts });
    return result;
  } catch (error) {
    record.add({ run, end });
    throw error;
  } finally {
    await space.programs.stop();
  }
}

interface Soak {
  readonly run: string;
  readonly space: BenchSpace;
  /** Of the node. */
  readonly pid: number;
  readonly session: Session;
  readonly members: ReadonlyMap<string, number>;
  readonly record: SoakRecord;
  readonly options: SoakOptions;
}

async function soak(parts: Soak): Promise<SoakResult> {
  const { space, session, members, options } = parts;
  const doors = space.doors.map((name, at) => new SoakDoor(name, at, members.size, space.feedOf(name)));
  const { cursor } = (await session.call('log.read', { last: 0 })) as { readonly cursor: JsonObject };
  const facts = new SoakFacts(doors, members, cursor);
  const pins = await connectPins({ socketPath: space.pinsSocket });
  await pins.watch((event) => facts.pulse(event));
  const { samples, minutes } = await badgesAndSamples(parts, doors, facts);
  for (const door of doors) door.close();
  const sent = sum(doors, (door) => door.sent);
  await lastFacts(session, facts, sent);
  const { readers } = (await session.call('node.status', {})) as { readonly readers: readonly JsonObject[] };
  await end(session, pins, space);
  return {
    isWhole: options.stop?.aborted !== true,
    sent,
    strangers: sum(doors, (door) => door.strangers),
    granted: facts.granted,
    denied: Object.fromEntries(facts.denied),
    faults: Object.fromEntries(facts.faults),
    refused: facts.refused,
    heard: sum(readers, (reader) => Number(reader.badges)),
    dropped: sum(readers, (reader) => Number(reader.dropped)),
    heldBack: sum(doors, (door) => door.heldBack),
    verify: await verify(space, options),
    warnings: readFileSync(space.nodeLog, 'utf8').split('\n').length - 1,
    samples,
    minutes,
  };
}

async function end(session: Session, pins: PinsClient, space: BenchSpace): Promise<void> {
  await pins.close();
  await session.close();
  await space.programs.stop();
}

/** Sends badges at the rate asked for until the time is over, and looks every `sampleMs`. */
async function badgesAndSamples(
  parts: Soak,
  doors: readonly SoakDoor[],
  facts: SoakFacts,
): Promise<Pick<SoakResult, 'samples' | 'minutes'>> {
  const { options, run, record } = parts;
  const samples: SoakSample[] = [];
  const minutes: number[][] = [];
  const startMs = performance.now();
  const endMs = options.minutes * 60_000;
  const feeding = new AbortController();
  const badges = sendBadges(doors, options, startMs, feeding.signal);
  try {
    for (let nextMs = options.sampleMs; nextMs <= endMs && options.stop?.aborted !== true; nextMs += options.sampleMs) {
      await sleep(Math.max(0, startMs + nextMs - performance.now()), undefined, { signal: options.stop }).catch(
        () => {},
      );
      await facts.read(parts.session);
      const latencies = facts.takeLatencies();
      const sample = sampleOf(parts, doors, facts, latencies, (performance.now() - startMs) / 1000);
      samples.push(sample);
      const minute = Math.floor((nextMs - options.sampleMs) / 60_000);
      minutes[minute] = [...(minutes[minute] ?? []), ...latencies];
      record.add({ run, sample });
      options.say(describe(sample, options));
      parts.space.programs.check();
    }
  } finally {
    feeding.abort();
  }
  await badges;
  return { samples, minutes };
}

async function sendBadges(
  doors: readonly SoakDoor[],
  { rate, minutes }: SoakOptions,
  startMs: number,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const nowMs = performance.now();
    const spentMs = Math.min(nowMs - startMs, minutes * 60_000);
    for (const [at, door] of doors.entries()) {
      // Each door a little later than the one before: no two lines speak at the same moment for ever.
      const share = Math.floor((spentMs / 1000) * (rate / doors.length) + at / doors.length);
      door.send(share, nowMs);
    }
    await sleep(TICK_MS);
  }
}

function sampleOf(
  { pid, space }: Soak,
  doors: readonly SoakDoor[],
  facts: SoakFacts,
  latencies: readonly number[],
  atS: number,
): SoakSample {
  const mb = (path: string) => (existsSync(path) ? statSync(path).size / 1e6 : 0);
  const ledger = join(space.folder, 'ledger.db');
  const sample = {
    atS,
    sent: sum(doors, (door) => door.sent),
    facts: facts.count,
    heldBack: sum(doors, (door) => door.heldBack),
    p50Ms: latencies.length === 0 ? null : percentile(latencies, 0.5),
    p99Ms: latencies.length === 0 ? null : percentile(latencies, 0.99),
    rssMb: rssMb(pid),
    childrenPssMb: sum(descendants(pid), pssMb),
    ledgerMb: mb(ledger),
    walMb: mb(`${ledger}-wal`),
    load: loadavg()[0] ?? 0,
  };
  return Object.fromEntries(
    Object.entries(sample).map(([name, value]) => [name, value === null ? null : Math.round(value * 1000) / 1000]),
  ) as unknown as SoakSample;
}

function describe(sample: SoakSample, { minutes }: SoakOptions): string {
  const { atS, sent, facts, p50Ms, p99Ms, rssMb: rss, childrenPssMb } = sample;
  return (
    `${Math.round(atS)} of ${Math.round(minutes * 60)} s: ${sent} badges, ${facts} facts, ` +
    `p50 ${p50Ms?.toFixed(1)} p99 ${p99Ms?.toFixed(1)} ms, node ${rss.toFixed(1)} MB, children ${childrenPssMb.toFixed(1)} MB`
  );
}

/** The facts of the last badges come a moment later. */
async function lastFacts(session: Session, facts: SoakFacts, sent: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < LAST_FACTS_MS_MAX; waitedMs += POLL_MS) {
    await facts.read(session);
    if (facts.count >= sent) return;
    await sleep(POLL_MS);
  }
}

/** Members with one card each, and a door at every reader. @returns the number of each member, by id. */
async function furnish(
  session: Session,
  doors: readonly string[],
  { members: total, say }: SoakOptions,
): Promise<ReadonlyMap<string, number>> {
  const members = new Map<string, number>();
  let next = 0;
  const add = async () => {
    while (next < total) {
      const at = next;
      next += 1;
      const answer = (await session.call('member.add', { name: `Member ${at}` })) as JsonObject;
      const member = String(answer.member);
      await session.call('badge.enrol', { member, number: `dec:${memberCard(at)}` });
      members.set(member, at);
      if (members.size % 200 === 0) say(`${members.size} of ${total} members`);
    }
  };
  await Promise.all(Array.from({ length: MEMBERS_AT_ONCE }, add));
  for (const door of doors) {
    const device = { reader: `${door}-reader`, output: `${door}-strike` };
    await session.call('door.add', { door, ...device, openMs: OPEN_MS, bits: 32 });
  }
  return members;
}

/** What `blockmesh verify` says of the result. */
async function verify(space: BenchSpace, { say }: SoakOptions): Promise<JsonObject> {
  say('verifying');
  const log = space.log('verify');
  await space.programs.run('blockmesh verify', blockmesh(['verify', '--json', '--folder', space.folder]), log);
  const line = readFileSync(log, 'utf8')
    .split('\n')
    .findLast((text) => text.startsWith('{'));
  return JSON.parse(line ?? '{}') as JsonObject;
}

function commitNow(): string {
  const { stdout } = spawnSync('git', ['-C', RELEASE, 'describe', '--always', '--dirty'], { encoding: 'utf8' });
  return stdout?.trim() || 'unknown';
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}
