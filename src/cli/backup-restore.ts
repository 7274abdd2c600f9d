import { mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { findRun } from '../node/large/backup-history.ts';
import type { Environment } from './environment.ts';
import { type LargeOptions, type LargeTask, large, withLarge } from './large.ts';
import { EXIT_FINDINGS } from './output.ts';
import { restoreTo } from './restore-tree.ts';

interface RestoreOptions extends LargeOptions {
  readonly force?: boolean;
}

export function backupRestoreCommand(
  backup: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
  const restore = backup
    .command('restore')
    .description(
      'lay a backup out as files, into a folder that is new or empty; several folders each below it (exit code 3: some could not be made)',
    )
    .argument(
      '<name[@time]>',
      'its name, and the beginning of a time as `backup list NAME` shows it; else the last one',
    )
    .argument('<target>', 'the folder')
    .option('--force', 'into a folder that has files: those of the backup replace them, others stay');
  large(restore, environment, ['backup restore home /tmp/home', 'backup restore home@2026-11-22 /home --force']);
  restore.action((named: string, target: string, options: RestoreOptions) =>
    withLarge(options, environment, async (task) => {
      if (!(await restoreRun(task, named, resolve(target), options))) setExitCode(EXIT_FINDINGS);
    }),
  );
}

/** @returns whether all of it is there. */
async function restoreRun(task: LargeTask, named: string, target: string, options: RestoreOptions): Promise<boolean> {
  const at = named.indexOf('@');
  const name = at === -1 ? named : named.slice(0, at);
  const run = findRun(task.store, name, at === -1 ? null : named.slice(at + 1));
  let isWhole = true;
  if (run.parts.length > 1) mkdirSync(target, { recursive: true });
  for (const { root, place, about } of run.parts) {
    if (root.target.kind !== 'snapshot') continue;
    const below = run.parts.length === 1 ? target : join(target, `${place}-${basename(about.source) || 'root'}`);
    if (!(await restoreTo(task, root.target.digest, { ...options, target: below, name: root.name }))) isWhole = false;
  }
  return isWhole;
}
