import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Cleaner,
  DOOR,
  LATHE,
  launch,
  makeFolder,
  type PinsProcess,
  type StartOptions,
  type StartPins,
} from '../contract/pins-process.ts';
import { beginTrace, clearTrace } from './kernel-trace.ts';
import { TestChip } from './test-chip.ts';

/** The two pins programs that drive lines of a kernel, each process on a chip of its own. */

const ONOFF_MAIN = join(import.meta.dirname, '../../src/devices/pins/onoff-main.ts');

export interface Program {
  readonly name: string;
  /** A short name, for labels. */
  readonly tag: string;
  readonly command: readonly string[];
  /** Whether it finds a line by its name; such a one can switch on pulls too. */
  readonly isNamed: boolean;
}

export const C_PROGRAM: Program = {
  name: 'the C program',
  tag: 'c',
  command: ['/bin/blockmesh-pins'],
  isNamed: true,
};
export const ONOFF: Program = { name: 'onoff', tag: 'o', command: [process.execPath, ONOFF_MAIN], isNamed: false };

interface ChipProcess extends PinsProcess {
  readonly drive: TestChip;
}

/** Starts `program` on `chip`. */
export function startOn(
  chip: TestChip,
  program: Program,
  t: Cleaner,
): (options?: StartOptions) => Promise<ChipProcess> {
  beginTrace();
  return async (options = {}) => {
    chip.begin();
    const folder = makeFolder(t);
    const socketPath = options.socketPath ?? join(folder, 'pins.sock');
    const optionsPath = join(folder, 'options');
    const writeOptions = (lines: readonly string[]) => {
      const placed = lines.map((line) => {
        const [, option, declaration] = /^(--\S+) (.*)$/.exec(line) ?? [];
        return declaration === undefined ? line : `${option} ${chip.place(declaration, program.isNamed)}`;
      });
      writeFileSync(optionsPath, `${placed.join('\n')}\n`);
    };
    const words = [...program.command, '--socket', socketPath];
    const declare = (option: string, declarations: readonly string[]) => {
      for (const one of declarations) words.push(option, chip.place(one, program.isNamed));
    };
    if (options.file === undefined) {
      declare('--output', options.outputs ?? [DOOR, LATHE]);
      declare('--input', options.inputs ?? []);
      declare('--wiegand', options.readers ?? []);
    } else {
      writeOptions(options.file);
      words.push('--options', optionsPath);
    }
    const launched = await launch(t, words, socketPath);
    return { ...launched, drive: chip, writeOptions, trace: () => chip.trace(launched.child.pid ?? 0) };
  };
}

/** Starts `program` as often as a suite asks for it, each time on a chip that no living process has. */
export function startAnywhere(program: Program): (t: Cleaner) => StartPins {
  const idle: TestChip[] = [];
  let [made, busy] = [0, 0];
  return (t) => async (options) => {
    if (busy === 0) clearTrace();
    busy += 1;
    made += idle.length === 0 ? 1 : 0;
    const chip = idle.pop() ?? new TestChip(`${program.tag}-${made}`);
    const free = () => {
      chip.clear();
      idle.push(chip);
      busy -= 1;
    };
    try {
      const pins = await startOn(chip, program, t)(options);
      void pins.exit.then(free);
      return pins;
    } catch (error) {
      free();
      throw error;
    }
  };
}
