import type { KernelLines, KernelPins, TraceLine } from '../contract/pins-process.ts';
import { SimChip } from './gpio-sim.ts';
import { beginTrace, clearTrace, tracedLevels } from './kernel-trace.ts';

/** Pins of simulated chips for the programs under contract: one chip a process, for a line has one owner. */

const OUTPUTS_MAX = 8;

/** A chip whose lines have names that no other chip's have. */
export function makeChip(label: string): SimChip {
  const offsets = Array.from({ length: OUTPUTS_MAX }, (_, offset) => offset);
  return new SimChip(
    label,
    OUTPUTS_MAX,
    Object.fromEntries(offsets.map((offset) => [offset, lineName(label, offset)])),
  );
}

function lineName(label: string, offset: number): string {
  return `${label}-line-${offset}`;
}

/** @param isNamed whether a pin may be told by its name; without, by chip and offset alone. */
export function kernelLines(isNamed: boolean): KernelLines {
  const idle: SimChip[] = [];
  let [made, busy] = [0, 0];
  beginTrace();
  const takeChip = (): SimChip => {
    if (busy === 0) clearTrace();
    busy += 1;
    const chip = idle.pop();
    if (chip !== undefined) return chip;
    made += 1;
    return makeChip(`${isNamed ? 'named' : 'counted'}-${made}`);
  };
  return {
    take(outputs) {
      const chip = takeChip();
      const free = () => {
        for (const offset of outputs.keys()) chip.unexport(offset);
        idle.push(chip);
        busy -= 1;
      };
      return { ...pinsOf(chip, outputs, isNamed), free };
    },
  };
}

/** Pins of one chip alone, which stays as its processes leave it. */
export function linesOf(chip: SimChip, isNamed: boolean): KernelLines {
  beginTrace();
  return { take: (outputs) => ({ ...pinsOf(chip, outputs, isNamed), free: () => undefined }) };
}

/** With names: the first output by its name and its chip's, the second by its offset, the third by its name alone. */
function pinsOf(chip: SimChip, outputs: readonly string[], isNamed: boolean): Omit<KernelPins, 'free'> {
  const name = (offset: number) => `line=${lineName(chip.label, offset)}`;
  const names = outputs.map((output) => output.slice(0, output.indexOf(',')));
  const pins = outputs.map((_, offset) => {
    if (isNamed && offset === 0) return `chip=${chip.label},${name(offset)}`;
    return isNamed && offset === 2 ? name(offset) : `chip=${chip.label},offset=${offset}`;
  });
  return {
    outputs: outputs.map((output, offset) => withPin(output, pins[offset] ?? '')),
    trace: (pid) => {
      const levels = new Map<string, string>();
      return tracedLevels().flatMap((driven): TraceLine[] => {
        const output = names[driven.line - chip.base];
        if (driven.pid !== pid || output === undefined || levels.get(output) === driven.level) return [];
        levels.set(output, driven.level);
        return [{ ns: driven.ns, output, level: driven.level }];
      });
    },
  };
}

/** The option of an output with another pin. */
function withPin(output: string, pin: string): string {
  const [name, ...words] = output.split(',');
  return [name, pin, ...words.filter((word) => !/^(?:chip|line|offset)=/.test(word))].join(',');
}
