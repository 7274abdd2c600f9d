import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Level } from './gpio-sim.ts';

/** What the kernel writes down of all lines: each level that anybody drives. */

const TRACING = '/sys/kernel/tracing';
const NS_PER_US = 1_000n;

export interface Driven {
  /** CLOCK_MONOTONIC, rounded down to a microsecond. */
  readonly ns: bigint;
  /** The process, or its thread, that drove the line. */
  readonly pid: number;
  /** Among all lines of the kernel. */
  readonly line: number;
  readonly level: Level;
}

export function beginTrace(): void {
  writeFileSync(join(TRACING, 'trace_clock'), 'mono');
  writeFileSync(join(TRACING, 'events/gpio/gpio_value/enable'), '1');
}

/** What was written down before is forgotten. */
export function clearTrace(): void {
  writeFileSync(join(TRACING, 'trace'), '');
}

/** Each time a line was driven, oldest first. The kernel forgets the oldest when there is too much. */
export function tracedLevels(): Driven[] {
  return levelsIn(readFileSync(join(TRACING, 'trace'), 'latin1'));
}

/** The same, of what the file `trace` of another machine says. */
export function levelsIn(text: string): Driven[] {
  const lines = text.matchAll(/-(\d+) +\[\d+\] \S+ +(\d+)\.(\d{6}): gpio_value: (\d+) set ([01])$/gm);
  return [...lines].map(([, pid, seconds = '', us = '', line, level]) => ({
    ns: BigInt(`${seconds}${us}`) * NS_PER_US,
    pid: Number(pid),
    line: Number(line),
    level: level === '1' ? 'high' : 'low',
  }));
}
