import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { ARCHIVE_CALL_MS_MAX } from '../base/limits.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { print } from './output.ts';

interface ExportOptions extends CommonOptions {
  readonly since?: JsonObject;
  readonly replace?: boolean;
}

export function exportCommand(program: Command, environment: Environment): void {
  const command = program
    .command('export')
    .description('write blocks with signatures and bodies into a file, for another board of this space')
    .argument('<file>', 'the file to make')
    .option('--since <time or block>', 'only what came after a time (2026-11-22T18:30Z) or a block’s id', since)
    .option('--replace', 'put it in the place of an earlier export of that name');
  common(command, environment, [
    'export /media/stick/nord.blocks',
    'export /media/stick/week.blocks --since 2026-11-15',
    'export later.blocks --since bafyreiczu2abqdmm7j7xbjg6hyycwxz6qcq6ttghvk2opeh2bxohbtsnli',
  ]);
  command.action(async (file: string, options: ExportOptions) => {
    const params = { path: resolve(file), replace: options.replace === true, ...options.since };
    const result = (await withSession(options, environment, (session) =>
      session.call('blocks.export', params, ARCHIVE_CALL_MS_MAX),
    )) as JsonObject;
    print({ file: params.path, ...result }, options.json === true, () =>
      [`${params.path}: ${result.blocks} blocks, ${result.bytes} bytes`, NOT_SEALED].join('\n'),
    );
  });
}

const NOT_SEALED = 'It is signed, not encrypted: names and badge hashes can be read in it.';

/** A time is in UTC where it does not say otherwise. */
function since(text: string): JsonObject {
  if (/^bafy[a-z2-7]+$/.test(text)) return { after: text };
  const isDated = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const ms = isDated ? Date.parse(/T[^Z+-]*$/.test(text) ? `${text}Z` : text) : Number.NaN;
  if (Number.isNaN(ms) || ms < 0) {
    throw new InvalidArgumentError('It must be a time such as 2026-11-22T18:30Z, or a block’s id (bafy…).');
  }
  return { sinceMs: ms };
}
