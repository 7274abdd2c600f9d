import { resolve } from 'node:path';
import type { Command } from 'commander';
import { pino } from 'pino';
import { LOST_TOLD_MAX } from '../base/limits.ts';
import { idText } from '../format/ids.ts';
import { type RepairResult, repairSpace } from '../node/repair.ts';
import { systemClock } from '../node/system.ts';
import { createProcessRunner } from '../sandbox/process-runner.ts';
import { type CommonOptions, common } from './command.ts';
import type { Environment } from './environment.ts';
import { EXIT_FINDINGS, print } from './output.ts';
import { showProgress } from './progress.ts';

interface RepairOptions extends CommonOptions {
  readonly look?: boolean;
}

export function repairCommand(program: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const command = program
    .command('repair')
    .description(
      'make a new ledger of all that is sound in a damaged one; the old file is kept (exit code 3: blocks are lost, or entries came out otherwise)',
    )
    .option('--look', 'only tell what is lost, and change nothing');
  common(command, environment, ['repair --look', 'repair', 'repair --folder /var/lib/blockmesh --json']);
  command.action(async (options: RepairOptions) => {
    const result = await repairSpace(
      {
        folder: resolve(options.folder),
        dappsFolder: environment.dapps,
        clock: systemClock('timesync'),
        runner: createProcessRunner({ path: environment.programPath }),
        log: pino({ level: 'warn' }, pino.destination(2)),
        isLook: options.look === true,
      },
      showProgress,
    );
    const lost = result.lost
      .slice(0, LOST_TOLD_MAX)
      .map(({ arrival, id }) => ({ arrival, block: id === null ? null : idText(id) }));
    const changed = result.changed.map((one) => ({ ...one }));
    print({ ...result, lost, lostCount: result.lost.length, changed }, options.json === true, () => describe(result));
    if (result.lost.length > 0 || result.differing > 0) setExitCode(EXIT_FINDINGS);
  });
}

function describe({ blocks, lost, state, differing, changed, aside }: RepairResult): string {
  const names = lost
    .slice(0, LOST_TOLD_MAX)
    .map(({ arrival, id }) => `  ${arrival}  ${id === null ? 'unknown' : idText(id)}`);
  const what = lost.length === 0 ? 'no block is lost' : `${lost.length} blocks are lost (arrival, id):`;
  const made = {
    kept: 'The state and what became of every entry are the old ones, which were sound.',
    refolded: `The state was folded anew from the blocks; ${differing} entries came out otherwise than before.`,
  };
  return [
    `${blocks} blocks are sound, ${what}`,
    ...names,
    ...(state === null ? [] : [made[state]]),
    ...changed.map(changeText),
    ...(differing === 0 ? [] : ['Look at each of them: a denial that is refused now counts no more. Give it again.']),
    ...(aside === null ? [] : [`The damaged file is kept as ${aside}.`, 'Next: `blockmesh verify`.']),
  ].join('\n');
}

function changeText({ arrival, index, dapp, kind, before, after }: RepairResult['changed'][number]): string {
  const said = (code: string | null) => (code === null ? 'accepted' : `refused (${code})`);
  return `  ${arrival}/${index}  ${dapp} ${kind}: was ${said(before)}, is ${said(after)}`;
}
