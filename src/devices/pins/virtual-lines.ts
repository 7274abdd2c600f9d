import { openSync, writeSync } from 'node:fs';
import { CodedError } from '../../base/errors.ts';
import type { FaultOptions, OutputOptions } from './options.ts';
import type { Lines } from './outputs.ts';

interface VirtualLinesOptions {
  readonly outputs: readonly OutputOptions[];
  readonly tracePath: string | undefined;
  readonly faults: readonly FaultOptions[];
}

/** Lines in memory, safe from the start; each level is traced as `NS OUTPUT high|low`, like the simulated C lines. */
export function openVirtualLines(options: VirtualLinesOptions): Lines {
  const { outputs, tracePath, faults } = options;
  const trace = tracePath === undefined ? undefined : openSync(tracePath, 'a', 0o600);
  const on = outputs.map(() => false);

  const level = (index: number) => (on[index] === (outputs[index]?.active === 'high') ? 'high' : 'low');
  const record = (index: number) => {
    if (trace === undefined) return;
    writeSync(trace, `${process.hrtime.bigint()} ${outputs[index]?.name} ${level(index)}\n`);
  };

  for (const index of outputs.keys()) record(index);
  return {
    level,
    set(index, value) {
      const name = outputs[index]?.name;
      const fault = faults.find((one) => one.output === name && one.on === value && one.count > 0);
      if (fault !== undefined) {
        fault.count -= 1;
        throw new CodedError('line_failed', 'a fault was ordered for this line');
      }
      if (on[index] === value) return;
      on[index] = value;
      record(index);
    },
  };
}
