import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type BackupSet, parseEvery, putSet } from '../node/large/backup-set.ts';
import type { Chunks } from '../store/chunks/store.ts';
import { backupListCommands, setJson } from './backup-lists.ts';
import { backupRunCommands } from './backup-runs.ts';
import { collect, wholeNumber } from './command.ts';
import type { Environment } from './environment.ts';
import { type LargeOptions, large, withLarge } from './large.ts';
import { plain, print } from './output.ts';
import { EXCLUDE_HELP } from './snapshots.ts';

interface AddOptions extends LargeOptions {
  readonly every?: string;
  readonly keepLast?: number;
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  readonly exclude?: readonly string[];
  readonly oneFileSystem?: boolean;
}

/** Backups of folders, below `backup <file>`, which seals the whole space into one file. */
export function folderBackupCommands(
  backup: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
  const add = backup
    .command('add')
    .description('back folders up from now on; again with the same name, it is changed')
    .argument('<name>', 'what it is called')
    .argument('<folder...>', 'the folders')
    .option('--every <time>', '6h, 30m, 2d, hourly, daily or weekly; without it only when you say `backup run`')
    .option('--keep-last <count>', 'keep the last so many', wholeNumber)
    .option('--keep-daily <count>', 'keep the last one of so many days', wholeNumber)
    .option('--keep-weekly <count>', 'keep the last one of so many weeks', wholeNumber)
    .option(
      '--keep-monthly <count>',
      'keep the last one of so many months; without any of these all are kept',
      wholeNumber,
    )
    .option('--exclude <pattern>', EXCLUDE_HELP, collect)
    .option('--one-file-system', 'leave folders empty on which something else is mounted');
  large(add, environment, [
    'backup add home /home --every daily --keep-daily 7 --keep-weekly 4 --keep-monthly 12',
    'backup add etc /etc /usr/local/etc --every 6h --keep-last 10 --store /media/stick/chunks.db',
  ]);
  add.action((name: string, folders: readonly string[], options: AddOptions) =>
    withLarge(options, environment, async ({ store }) => addSet(store, name, folders, options)),
  );
  backupListCommands(backup, environment);
  backupRunCommands(backup, environment, setExitCode);
}

function addSet(store: Chunks, name: string, folders: readonly string[], options: AddOptions): void {
  const { keepLast = 0, keepDaily = 0, keepWeekly = 0, keepMonthly = 0 } = options;
  const set: BackupSet = {
    name,
    folders: folders.map((folder) => resolve(folder)),
    exclude: options.exclude ?? [],
    isOneFilesystem: options.oneFileSystem === true,
    everyMs: options.every === undefined ? null : parseEvery(options.every),
    keep: { last: keepLast, daily: keepDaily, weekly: keepWeekly, monthly: keepMonthly },
  };
  putSet(store, set);
  print(setJson(set), options.json === true, () => {
    return `${name}: ${set.folders.map(plain).join(', ')}; the first time with \`blockmesh backup run ${name}\``;
  });
}
