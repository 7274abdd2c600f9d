import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { VERIFY_MS_MAX } from '../base/limits.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { EXIT_FINDINGS, plain, print } from './output.ts';
import type { Session } from './session.ts';

export function verifyCommand(program: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const command = program
    .command('verify')
    .description('check every block, signature and body, fold the state anew, and compare (exit code 3: findings)');
  common(command, environment, ['verify', 'verify --json']);
  command.action(async (options: CommonOptions) => {
    const task = (session: Session) => session.call('verify', {}, VERIFY_MS_MAX);
    const result = (await withSession(options, environment, task, true)) as JsonObject & {
      readonly findings: readonly JsonObject[];
    };
    print(result, options.json === true, () => describe(result));
    if (result.findings.length > 0) setExitCode(EXIT_FINDINGS);
  });
}

function describe(result: JsonObject & { readonly findings: readonly JsonObject[] }): string {
  const { blocks, entries, stateKeys, foldedFrom, findings } = result;
  const from = foldedFrom === 0 ? '' : ` (folded from the last erase on, entry ${foldedFrom})`;
  const counts = `${blocks} blocks, ${entries} ${entries === 1 ? 'entry' : 'entries'}${from}, ${stateKeys} keys of state`;
  if (findings.length === 0) return `clean: ${counts}`;
  const lines = findings.map((finding) => `  ${plain(JSON.stringify(finding))}`);
  return [`${findings.length} findings in ${counts}:`, ...lines].join('\n');
}
