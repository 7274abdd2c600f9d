import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { ARCHIVE_CALL_MS_MAX } from '../base/limits.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { print } from './output.ts';

export function importCommand(program: Command, environment: Environment): void {
  const command = program
    .command('import')
    .description('take the blocks of a file into the ledger, as far as they are not in it')
    .argument('<file>', 'a file that `blockmesh export` made');
  common(command, environment, ['import /media/stick/nord.blocks']);
  command.action(async (file: string, options: CommonOptions) => {
    const path = resolve(file);
    const result = (await withSession(options, environment, (session) =>
      session.call('blocks.import', { path }, ARCHIVE_CALL_MS_MAX),
    )) as JsonObject;
    print(result, options.json === true, () => {
      const waiting = Number(result.waiting) > 0 ? `; ${result.waiting} entries wait for their dapp` : '';
      return `${result.taken} new of ${result.blocks} blocks${waiting}`;
    });
  });
}
