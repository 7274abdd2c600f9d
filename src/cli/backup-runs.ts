import type { Command } from 'commander';
import { isDue, runBackup } from '../node/large/backup-run.ts';
import { type BackupSet, findSet, setsOf } from '../node/large/backup-set.ts';
import { collectStore } from '../node/large/care.ts';
import { sizeText } from '../node/large/size.ts';
import { backupRestoreCommand } from './backup-restore.ts';
import { applyRetention, keptJson, keptText } from './backup-retention.ts';
import type { Environment } from './environment.ts';
import { FORCE_COPIES, type LargeOptions, type LargeTask, large, type RemoveOptions, withLarge } from './large.ts';
import { checkRoots } from './large-faults.ts';
import { EXIT_FINDINGS, print } from './output.ts';
import { Transfer } from './transfer.ts';
import { problemJson, tellProblems } from './tree-text.ts';

interface RunOptions extends RemoveOptions {
  readonly due?: boolean;
}

export function backupRunCommands(
  backup: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
  const run = backup
    .command('run')
    .description('back up now, and let go of what the rules do not keep (exit code 3: something could not be read)')
    .argument('[name]', 'which one; all when none is given')
    .option('--due', 'only those whose time has come, and free what went: for a timer')
    .option('--dry-run', 'back nothing up, and only say what the rules would let go of')
    .option('--force', `of what the rules do not keep: ${FORCE_COPIES}`);
  large(run, environment, ['backup run home', 'backup run --due', 'backup run home --dry-run']);
  run.action((name: string | undefined, options: RunOptions) =>
    withLarge(options, environment, (task) => runAll(task, name, options, setExitCode)),
  );
  backupRestoreCommand(backup, environment, setExitCode);
  const check = backup
    .command('check')
    .description('read all there is of a backup and check every chunk; exit code 3 when something is not whole')
    .argument('[name]', 'which one; all when none is given');
  large(check, environment, ['backup check', 'backup check home --json']);
  check.action((name: string | undefined, options: LargeOptions) =>
    withLarge(options, environment, async (task) => {
      const prefix = name === undefined ? '' : `${findSet(task.store, name).name}/`;
      const roots = task.store.roots.list('backup').filter((root) => root.name.startsWith(prefix));
      await checkRoots(task, roots, options, setExitCode);
    }),
  );
}

async function runAll(
  task: LargeTask,
  name: string | undefined,
  options: RunOptions,
  setExitCode: (code: number) => void,
): Promise<void> {
  const sets = name === undefined ? setsOf(task.store) : [findSet(task.store, name)];
  let gone = 0;
  let ran = 0;
  for (const set of sets) {
    if (options.due === true && !isDue(task.store, set, Date.now())) continue;
    ran += 1;
    gone += options.dryRun === true ? await dryRun(task, set, options) : await runOne(task, set, options, setExitCode);
  }
  if (ran === 0 && options.json !== true) process.stdout.write('nothing is due\n');
  if (options.due === true && gone > 0) await collectStore(task.store, false, task.signal, () => {});
}

/** @returns how many older runs went. */
async function runOne(
  task: LargeTask,
  set: BackupSet,
  options: RunOptions,
  setExitCode: (code: number) => void,
): Promise<number> {
  const { store, signal } = task;
  const shown = new Transfer(`backup ${set.name}`, 0, options.json === true);
  try {
    const onProgress = (_: string, { bytes, files }: { readonly bytes: number; readonly files: number }) =>
      shown.update(bytes, { files });
    const done = await runBackup(store, set, { signal, onProgress });
    const { parts, problems, problemsCount, missingCount, ...counts } = done;
    shown.end();
    const retention = await applyRetention(task, set, { ...options, isDryRun: false });
    const { gone } = retention;
    if (options.json !== true) tellProblems(problems, problemsCount);
    const told = { problems: problems.map(problemJson), problemsCount, missingCount };
    const removed = gone.map(({ time }) => time);
    const kept = keptJson(retention);
    const made = parts.map((part) => ({ ...part }));
    print(
      { name: set.name, ms: parts[0]?.ms ?? 0, ...counts, parts: made, removed, kept, ...told },
      options.json === true,
      () => {
        const files = parts.reduce((sum, part) => sum + part.files, 0);
        const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
        const fresh = `${sizeText(counts.storedBytes)} new in the store`;
        return `${set.name}: ${files} files, ${sizeText(bytes)}, ${fresh}; ${gone.length} older ones let go${keptText(retention)}`;
      },
    );
    if (missingCount > 0) setExitCode(EXIT_FINDINGS);
    return gone.length;
  } finally {
    shown.end();
  }
}

async function dryRun(task: LargeTask, set: BackupSet, options: RunOptions): Promise<number> {
  const retention = await applyRetention(task, set, { ...options, isDryRun: true });
  const removed = retention.gone.map(({ time }) => time);
  const told = { name: set.name, isDryRun: true, removed, kept: keptJson(retention) };
  print(told, options.json === true, () => {
    return `${[`${set.name}: would let go of ${removed.length}`, ...removed].join('\n  ')}${keptText(retention)}`;
  });
  return 0;
}
