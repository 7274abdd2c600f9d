import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { type CommonOptions, common } from './command.ts';
import type { Environment } from './environment.ts';
import { print } from './output.ts';
import { openNode } from './session.ts';

interface ReloadOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

const SECTIONS = ['reader', 'input', 'output'] as const;
const CHANGES = ['added', 'changed', 'removed'] as const;

export function reloadCommand(program: Command, environment: Environment): void {
  const command = program
    .command('reload')
    .description('let the running node take up blockmesh.toml: all of its readers, inputs and outputs, or nothing')
    .option('--dry-run', 'check it and say what is another, but change nothing; the pins process is not asked');
  common(command, environment, ['reload', 'reload --dry-run', 'reload --json']);
  command.action(async ({ folder, json, dryRun }: ReloadOptions) => {
    const node = await openNode(folder);
    try {
      const answer = (await node.call('config.reload', { dryRun: dryRun === true })) as JsonObject;
      print(answer, json === true, () => reloadText(answer));
    } finally {
      await node.close();
    }
  });
}

/** A line a section that changes, such as `readers: added side-reader; removed lab-reader`. */
function reloadText(answer: JsonObject): string {
  const lines = SECTIONS.flatMap((section) => {
    const changes = answer[section] as JsonObject;
    const parts = CHANGES.flatMap((change) => {
      const names = changes[change] as readonly string[];
      return names.length === 0 ? [] : [`${change} ${names.join(', ')}`];
    });
    return parts.length === 0 ? [] : [`  ${section}s: ${parts.join('; ')}`];
  });
  if (lines.length === 0) return 'nothing is another: the node runs with blockmesh.toml as it stands';
  return [answer.dryRun === true ? 'would be taken up:' : 'taken up:', ...lines].join('\n');
}
