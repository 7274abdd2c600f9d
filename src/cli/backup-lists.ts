import type { Command } from 'commander';
import { type BackupRun, retainedRuns, runsOf } from '../node/large/backup-history.ts';
import { removeSet } from '../node/large/backup-run.ts';
import { type BackupSet, findSet, setsOf } from '../node/large/backup-set.ts';
import { sizeText } from '../node/large/size.ts';
import type { Chunks } from '../store/chunks/store.ts';
import type { Environment } from './environment.ts';
import { FORCE_COPIES, type LargeOptions, large, type RemoveOptions, withLarge } from './large.ts';
import { columns, plain, print } from './output.ts';

export function backupListCommands(backup: Command, environment: Environment): void {
  const list = backup
    .command('list')
    .description('list what is backed up, or what there is of one and why it is kept')
    .argument('[name]', 'its name');
  large(list, environment, ['backup list', 'backup list home --json']);
  list.action((name: string | undefined, options: LargeOptions) =>
    withLarge(options, environment, async ({ store }) => {
      if (name === undefined) listSets(store, options);
      else listRuns(store, findSet(store, name), options);
    }),
  );
  const remove = backup
    .command('remove')
    .description('let go of a backup and all that there is of it; `blockmesh store gc` then frees it')
    .argument('<name>', 'its name')
    .option('--dry-run', 'only say what would go')
    .option('--force', FORCE_COPIES);
  large(remove, environment, ['backup remove home --dry-run', 'backup remove home']);
  remove.action((name: string, options: RemoveOptions) =>
    withLarge(options, environment, async (task) => {
      const { store } = task;
      const runs = runsOf(store, findSet(store, name).name);
      const isDryRun = options.dryRun === true;
      const least = runs.length === 0 ? 0 : await task.leastCopies(options);
      removeSet(store, name, runs, { least, isDryRun });
      print({ name, removed: runs.map(runJson), isDryRun }, options.json === true, () => {
        return `${isDryRun ? 'would let go of' : 'let go of'} ${name} and ${runs.length} runs of it`;
      });
    }),
  );
}

export function setJson(set: BackupSet) {
  return { ...set, folders: [...set.folders], exclude: [...set.exclude], keep: { ...set.keep } };
}

function listSets(store: Chunks, options: LargeOptions): void {
  const sets = setsOf(store).map((set) => ({ set, runs: runsOf(store, set.name) }));
  const told = sets.map(({ set, runs }) => ({ ...setJson(set), runs: runs.length, last: runs[0]?.time ?? null }));
  print(told, options.json === true, () =>
    columns([
      ['NAME', 'EVERY', 'RUNS', 'LAST', 'FOLDERS'],
      ...sets.map(({ set, runs }) => [
        set.name,
        everyText(set),
        String(runs.length),
        runs[0]?.time ?? 'never',
        set.folders.map(plain).join(', '),
      ]),
    ]),
  );
}

function listRuns(store: Chunks, set: BackupSet, options: LargeOptions): void {
  const runs = retainedRuns(store, set);
  print(
    runs.map(({ run, reasons }) => ({ ...runJson(run), reasons: [...reasons] })),
    options.json === true,
    () =>
      columns([
        ['TIME', 'FILES', 'SIZE', 'NEW', 'KEPT AS'],
        ...runs.map(({ run, reasons }) => {
          const { files, bytes, storedBytes, isWhole } = runJson(run);
          const why = reasons.length === 0 ? 'goes with the next run' : reasons.join(', ');
          return [run.time, String(files), sizeText(bytes), sizeText(storedBytes), isWhole ? why : `${why}; not whole`];
        }),
      ]),
  );
}

function everyText({ everyMs }: BackupSet): string {
  if (everyMs === null) return '-';
  const minutes = everyMs / 60_000;
  return minutes % 1440 === 0 ? `${minutes / 1440}d` : minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

function runJson({ time, ms, parts }: BackupRun) {
  const sum = (field: 'files' | 'bytes' | 'storedBytes' | 'problems') =>
    parts.reduce((total, { about }) => total + about[field], 0);
  const isWhole = parts.every(({ about }) => about.folders === parts.length);
  const sums = { files: sum('files'), bytes: sum('bytes'), storedBytes: sum('storedBytes'), problems: sum('problems') };
  return { time, ms, ...sums, isWhole };
}
