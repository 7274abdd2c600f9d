import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { blobIdText } from '../chunks/blob-id.ts';
import { sizeText } from '../node/large/size.ts';
import { storeFolder } from '../node/large/store-folder.ts';
import { collect } from './command.ts';
import type { Environment } from './environment.ts';
import { type LargeTask, large, withLarge } from './large.ts';
import { EXIT_FINDINGS, plain, print } from './output.ts';
import { snapshotImportCommand } from './snapshot-import.ts';
import { snapshotListCommands } from './snapshot-lists.ts';
import { type NameOptions, nameFor, nameOptions } from './snapshot-name.ts';
import { snapshotReadCommands } from './snapshot-reads.ts';
import { Transfer } from './transfer.ts';
import { problemJson, tellProblems } from './tree-text.ts';

interface CreateOptions extends NameOptions {
  readonly exclude?: readonly string[];
  readonly oneFileSystem?: boolean;
}

export const EXCLUDE_HELP = 'leave out what is called so: "*.tmp", "cache/", "home/*/Downloads"; may be given again';

export function snapshotCommands(
  program: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
  const snapshot = program
    .command('snapshot')
    .description('trees of files with all they have, kept as large things are; not tied to a schedule as `backup` is');
  const create = snapshot
    .command('create')
    .description(
      'store a folder; the same tree has the same id on every machine (exit code 3: some of it could not be read)',
    )
    .argument('<folder>', 'the folder')
    .option('--exclude <pattern>', EXCLUDE_HELP, collect)
    .option('--one-file-system', 'leave folders empty on which something else is mounted');
  nameOptions(create, "the folder's");
  large(create, environment, ['snapshot create /etc', 'snapshot create /srv --name srv --exclude "*.tmp"']);
  create.action((folder: string, options: CreateOptions) =>
    withLarge(options, environment, (task) => createFrom(task, resolve(folder), options, setExitCode)),
  );
  snapshotListCommands(snapshot, environment);
  snapshotImportCommand(snapshot, environment);
  snapshotReadCommands(snapshot, environment, setExitCode);
}

async function createFrom(
  task: LargeTask,
  folder: string,
  options: CreateOptions,
  setExitCode: (code: number) => void,
): Promise<void> {
  const { store, signal } = task;
  const { name, set } = await nameFor(task, options, basename(folder) || 'root');
  const { exclude = [], oneFileSystem: isOneFilesystem = false } = options;
  const shown = new Transfer('snapshot', 0, options.json === true);
  const importing = store.beginImport('snapshot create');
  try {
    const onProgress = ({ bytes, files }: { readonly bytes: number; readonly files: number }) =>
      shown.update(bytes, { files });
    const created = await storeFolder(store, importing, { folder, exclude, isOneFilesystem, signal, onProgress });
    shown.end();
    const { digest, counts, problems, problemsCount, missingCount } = created;
    set(digest, JSON.stringify({ source: folder, files: counts.files, bytes: counts.bytes }));
    const id = blobIdText({ kind: 'list', digest });
    const { newBytes, storedBytes } = importing.counts;
    const told = { problems: problems.map(problemJson), problemsCount, missingCount };
    if (options.json !== true) tellProblems(problems, problemsCount);
    print({ id, name, ...counts, newBytes, storedBytes, ...told }, options.json === true, () => {
      const size = `${counts.files} files, ${sizeText(counts.bytes)}`;
      return `${id}\n${plain(name)}: ${size}, ${sizeText(newBytes)} of it new, ${sizeText(storedBytes)} in the store`;
    });
    if (missingCount > 0) setExitCode(EXIT_FINDINGS);
  } finally {
    shown.end();
    importing.end();
  }
}
