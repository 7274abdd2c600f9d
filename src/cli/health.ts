import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { HealthReport } from '../node/health.ts';
import { type CommonOptions, common } from './command.ts';
import type { Environment } from './environment.ts';
import { EXIT_UNWELL, plain, print } from './output.ts';
import { openNode } from './session.ts';

export function healthCommand(program: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const command = program
    .command('health')
    .description('whether the running node does all it has to: ledger, fold, disk, dapps, pins, broker');
  common(command, environment, ['health', 'health --json']);
  command.action(async ({ folder, json }: CommonOptions) => {
    const session = await openNode(resolve(folder));
    try {
      const report = (await session.call('node.health', {})) as HealthReport;
      if (!report.isWell) setExitCode(EXIT_UNWELL);
      print(report, json === true, () => healthText(report));
    } finally {
      await session.close();
    }
  });
}

function healthText({ isWell, faults }: HealthReport): string {
  if (isWell) return 'the node does all it has to';
  return faults
    .map(({ part, code, message, isVital }) => {
      const remedy = isVital ? '; it is started anew unless this ends' : '';
      return `${part}: ${plain(message)} [${code}]${remedy}`;
    })
    .join('\n');
}
