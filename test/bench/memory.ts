import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { spreadOf } from './statistics.ts';

const KIB = 1024;
const MB = 1e6;
/** Samples this far apart, so many within so little: at rest. */
const SAMPLE_MS = 500;
const SAMPLES = 5;
const STEADY_MB = 0.5;
const REST_MS_MAX = 20_000;

/** Resident memory of a process in MB (10^6 bytes). @throws ENOENT when it has gone. */
export function rssMb(pid: number): number {
  return fieldMb(`/proc/${pid}/status`, 'VmRSS');
}

/** Memory of a process in MB, what it shares counted by its share. @throws ENOENT when it has gone. */
export function pssMb(pid: number): number {
  return fieldMb(`/proc/${pid}/smaps_rollup`, 'Pss');
}

function fieldMb(path: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(path, 'latin1'));
  return (Number(found?.[1]) * KIB) / MB;
}

/** Process ids of all that a process has started and that still lives. */
export function descendants(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
  }
  const children = (of: number): readonly number[] =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...children(child)]);
  return children(pid);
}

/** 0 for a process that has just gone. */
function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The last of SAMPLES samples that stay within STEADY_MB while `logBytes` stays the same; or the last of all. */
export async function steady(sample: () => number, logBytes: () => number): Promise<number> {
  let samples: number[] = [];
  let bytes = -1;
  for (let waitedMs = 0; waitedMs < REST_MS_MAX; waitedMs += SAMPLE_MS) {
    await sleep(SAMPLE_MS);
    const now = logBytes();
    if (now !== bytes) samples = [];
    bytes = now;
    samples = [...samples, sample()].slice(-SAMPLES);
    const { least, most } = spreadOf(samples);
    if (samples.length === SAMPLES && most - least <= STEADY_MB) break;
  }
  return samples.at(-1) ?? sample();
}
