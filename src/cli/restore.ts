import { resolve } from 'node:path';
import type { Command } from 'commander';
import { restoreSpace } from '../node/restore.ts';
import { type SecretOptions, secretForFile } from './archive-secrets.ts';
import { utcText } from './clock.ts';
import { type CommonOptions, common, requireFolderSaid, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print } from './output.ts';
import { showProgress } from './progress.ts';

interface RestoreOptions extends CommonOptions, SecretOptions {
  readonly alone?: boolean;
}

export function restoreCommand(program: Command, environment: Environment): void {
  const command = program
    .command('restore')
    .description('make a space again from a backup, in a new folder; or, with --alone, go on after that')
    .argument('[file]', 'the backup')
    .option('--passphrase-file <path>', 'take the passphrase from this file')
    .option('--key-file <path>', 'the key file the backup is sealed with')
    .option('--alone', 'say that a board that was restored goes on with what the backup held');
  common(command, environment, [
    'restore /media/stick/nord.backup --folder /var/lib/blockmesh-new',
    'restore --alone --folder /var/lib/blockmesh-new',
  ]);
  command.action(async (file: string | undefined, options: RestoreOptions) => {
    if (options.alone === true && file === undefined) await goOnAlone(options, environment);
    else if (options.alone !== true && file !== undefined) {
      requireFolderSaid(command, environment);
      await restore(resolve(file), options);
    } else command.error('error: name either a backup, or --alone for a board that was restored');
  });
}

async function restore(file: string, options: RestoreOptions): Promise<void> {
  const folder = resolve(options.folder);
  const secretFor = secretForFile(options);
  const { mesh, space, node, asOfMs, blocks } = await restoreSpace(folder, { file, secretFor, progress: showProgress });
  print({ folder, mesh, space, node, asOfMs, blocks }, options.json === true, () =>
    [
      `${plain(space)} is in ${folder}: ${blocks} blocks, as of ${utcText(asOfMs)}`,
      'Make sure that the board it was made on never runs again beside this one.',
      'What was decided elsewhere since then is not known here: `blockmesh status` shows that flag, doors with a limit',
      'on staleness heed it, and `blockmesh restore --alone` takes it back.',
    ].join('\n'),
  );
}

async function goOnAlone(options: RestoreOptions, environment: Environment): Promise<void> {
  const result = await withSession(options, environment, (session) => session.call('restored.clear', {}));
  print(result, options.json === true, () => 'this board goes on alone with what the backup held');
}
