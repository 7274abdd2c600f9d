import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { ARCHIVE_CALL_MS_MAX } from '../base/limits.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { print } from './output.ts';
import type { Session } from './session.ts';
import { parseTime, TIME_HELP } from './times.ts';

interface ExportOptions extends CommonOptions {
  readonly since?: string;
  readonly replace?: boolean;
}

export function exportCommand(program: Command, environment: Environment): void {
  const command = program
    .command('export')
    .description('write blocks with signatures and bodies into a file, for another board of this space')
    .argument('<file>', 'the file to make')
    .option('--since <time or block>', `only what came after a block’s id (bafy…) or a time: ${TIME_HELP}`)
    .option('--replace', 'put it in the place of an earlier export of that name');
  common(command, environment, [
    'export /media/stick/nord.blocks',
    'export /media/stick/week.blocks --since 2026-11-15',
    'export later.blocks --since bafyreiczu2abqdmm7j7xbjg6hyycwxz6qcq6ttghvk2opeh2bxohbtsnli',
  ]);
  command.action(async (file: string, options: ExportOptions) => {
    const path = resolve(file);
    const result = (await withSession(options, environment, async (session) => {
      const params = { path, replace: options.replace === true, ...(await afterOf(options.since, session)) };
      return await session.call('blocks.export', params, ARCHIVE_CALL_MS_MAX);
    })) as JsonObject;
    print({ file: path, ...result }, options.json === true, () =>
      [`${path}: ${result.blocks} blocks, ${result.bytes} bytes`, NOT_SEALED].join('\n'),
    );
  });
}

const NOT_SEALED = 'It is signed, not encrypted: names and badge hashes can be read in it.';

async function afterOf(since: string | undefined, session: Session): Promise<JsonObject> {
  if (since === undefined) return {};
  if (/^bafy[a-z2-7]+$/.test(since)) return { after: since };
  return { sinceMs: await parseTime(since, new SpaceClock(session), Date.now()) };
}
