import { join } from 'node:path';
import type { Program } from '../node/program.ts';
import type { Seeded } from '../node/seeded.ts';
import { type CutReport, LossyDisk } from './lossy-disk.ts';
import type { Moment } from './moment.ts';
import { NbdServer } from './nbd-server.ts';
import { driveAt, type Machine, powerOn, type Sync } from './power.ts';

/** What a start found, as the machine told it over its console. */
export interface Found {
  /** Ids of all blocks that the ledger holds. */
  readonly held: ReadonlySet<string>;
  readonly blocks: number;
  readonly entries: number;
  /** What `verify` said. */
  readonly findings: readonly string[];
}

export interface Life {
  /** Null when the power went before the ledger had verified. */
  readonly found: Found | null;
  /** Blocks whose append was acknowledged. */
  readonly acknowledged: readonly string[];
  /** Why the machine did not get as far as its moment: it says so, or it says nothing any more. */
  readonly failure: string | null;
  readonly cut: CutReport;
  /** Writes and flushes that reached the disk. */
  readonly writes: number;
  readonly ms: number;
}

export interface LifeParts {
  readonly machine: Machine;
  readonly sync: Sync;
  /** Of the data disk's image, and of the socket it is served at. */
  readonly folder: string;
}

/** An emulated machine on a busy one takes its time; one that has said nothing for so long is stuck. */
const LIFE_MS_MAX = 480_000;
/** SQLite's names of FULL and what the proofs set instead. */
const SYNCHRONOUS: Readonly<Record<Sync, string>> = { full: '2', unflushed: '2', normal: '1', off: '0' };

export const IMAGE = 'data.img';

/** One life of the machine: from power on to the cut at `moment`. */
export async function live(parts: LifeParts, moment: Moment, random: Seeded): Promise<Life> {
  const beganMs = performance.now();
  const disk = new LossyDisk(join(parts.folder, IMAGE));
  const counts: Counts = { writes: 0, acknowledged: 0, writesBefore: null };
  let cutNow = () => {};
  const nbd = await NbdServer.start(join(parts.folder, 'disk.sock'), disk, () => {
    counts.writes += 1;
    if (isDue(moment, counts)) cutNow();
  });
  const power = powerOn(parts.machine, driveAt(nbd.path), parts.sync);
  cutNow = () => {
    nbd.cut();
    power.signal('SIGKILL');
  };
  let failure = await untilCut(power, moment, counts, cutNow);
  await nbd.stop();
  failure ??= nbd.fault === null ? null : `the disk was spoken to wrongly: ${nbd.fault.message}`;
  const cut = disk.cut(random);
  disk.close();
  const said = new Said(power.lines);
  // The power may have gone in the midst of the line.
  const sync = said.all('sync').find((text) => text !== '');
  if (sync !== undefined && sync !== SYNCHRONOUS[parts.sync]) failure ??= `the ledger syncs as ${sync}, not as asked`;
  const acknowledged = said.all('ack').filter((id) => BLOCK_ID.test(id));
  const ms = Math.round(performance.now() - beganMs);
  return { found: foundBy(said), acknowledged, failure, cut, writes: counts.writes, ms };
}

interface Counts {
  writes: number;
  acknowledged: number;
  /** Writes when work began; null before. */
  writesBefore: number | null;
}

function isDue(moment: Moment, { writes, acknowledged, writesBefore }: Counts): boolean {
  if (moment.since === 'power') return writes >= moment.writes;
  if (writesBefore === null) return false;
  if (moment.since === 'verified') return true;
  if ('writes' in moment) return writes - writesBefore >= moment.writes;
  return acknowledged >= moment.acknowledged;
}

/** @returns why it ended before its moment, or null. */
async function untilCut(power: Program, moment: Moment, counts: Counts, cutNow: () => void): Promise<string | null> {
  let [seen, failure] = [0, null as string | null];
  let later: NodeJS.Timeout | undefined;
  const stuck = setTimeout(() => {
    failure = `nothing came of it in ${LIFE_MS_MAX} ms: ${tailOf(power)}`;
    cutNow();
  }, LIFE_MS_MAX);
  power.onChange(() => {
    for (; seen < power.lines.length; seen += 1) {
      const line = power.lines[seen] ?? '';
      if (line.startsWith('bm:ack ')) counts.acknowledged += 1;
      if (line.startsWith('bm:verified ')) counts.writesBefore = counts.writes;
      if (line.startsWith('bm:failed ') || line.startsWith('bm:ended ')) failure ??= tailOf(power);
      // By acknowledgements it is due between two writes; one that rests has no more of either.
      const isByWrites = 'writes' in moment;
      if (line === 'bm:rested' || failure !== null) cutNow();
      else if (!isByWrites && isDue(moment, counts)) {
        later ??= setTimeout(cutNow, 'laterMs' in moment ? moment.laterMs : 0);
      }
    }
  });
  const { signal } = await power.exited;
  clearTimeout(stuck);
  clearTimeout(later);
  return failure ?? (signal === 'SIGKILL' ? null : `the machine ended by itself: ${tailOf(power)}`);
}

function tailOf(power: Program): string {
  const own = power.lines.filter((line) => !line.startsWith('bm:held ') && !line.startsWith('bm:ack '));
  return [...own, power.stderr].join('\n').slice(-2048);
}

const BLOCK_ID = /^[0-9a-f]{64}$/;

/** The lines of ours on a console, by their first word. */
class Said {
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  all(word: string): readonly string[] {
    const start = `bm:${word} `;
    return this.#lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
  }

  one(word: string): string | undefined {
    return this.all(word)[0];
  }
}

function foundBy(said: Said): Found | null {
  const match = /^(\d+) (\d+) (\d+)$/.exec(said.one('verified') ?? '');
  if (match === null) return null;
  const [blocks = 0, entries = 0] = match.slice(1).map(Number);
  return { held: new Set(said.all('held')), blocks, entries, findings: said.all('finding') };
}
