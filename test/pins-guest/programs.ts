import { join } from 'node:path';
import type { PinsCommand } from '../contract/pins-process.ts';
import type { SimChip } from './gpio-sim.ts';
import { linesOf } from './kernel-lines.ts';

/** The two pins programs that drive lines of a kernel. */

const ONOFF_MAIN = join(import.meta.dirname, '../../src/devices/pins/onoff-main.ts');

export interface PinsProgram {
  readonly name: string;
  readonly command: readonly string[];
  /** Whether it finds a line by its name. */
  readonly isNamed: boolean;
}

export const C_PROGRAM: PinsProgram = { name: 'the C program', command: ['/bin/blockmesh-pins'], isNamed: true };
export const ONOFF: PinsProgram = { name: 'onoff', command: [process.execPath, ONOFF_MAIN], isNamed: false };

/** The program with its outputs on the first lines of `chip`. */
export function on(chip: SimChip, { command, isNamed }: PinsProgram): PinsCommand {
  return Object.assign([...command], { lines: linesOf(chip, isNamed) });
}
