import type { Command } from 'commander';
import { blobIdText } from '../chunks/blob-id.ts';
import type { Root } from '../chunks/ports.ts';
import { idOf, rootsNamed } from '../node/large/find-large.ts';
import { letGo } from '../node/large/let-go.ts';
import { sizeText } from '../node/large/size.ts';
import { blobChunksCommand } from './blob-chunks.ts';
import { blobPutCommand } from './blob-put.ts';
import { blobReadCommands } from './blob-reads.ts';
import { utcText } from './clock.ts';
import type { Environment } from './environment.ts';
import { FORCE_COPIES, type LargeOptions, type LargeTask, large, type RemoveOptions, withLarge } from './large.ts';
import { columns, plain, print } from './output.ts';

export function blobCommands(program: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const blob = program
    .command('blob')
    .description('large things: files of any size, kept as chunks cut where their content says');
  blobChunksCommand(blob);
  blobPutCommand(blob, environment);
  const list = blob.command('ls').description('list the blobs that are kept here');
  large(list, environment, ['blob ls', 'blob ls --json --store /media/stick/chunks.db']);
  list.action((options: LargeOptions) =>
    withLarge(options, environment, async ({ store }) => {
      const rows = store.roots.list('pin');
      print(rows.map(blobJson), options.json === true, () =>
        columns([['NAME', 'SIZE', 'ADDED', 'ID'], ...rows.map(row)]),
      );
    }),
  );
  const remove = blob
    .command('rm')
    .description('let go of a blob; `blockmesh store gc` then frees what nothing else needs')
    .argument('<name>', 'its name, or its id: then all its names')
    .option('--dry-run', 'only say what would go')
    .option('--force', FORCE_COPIES);
  large(remove, environment, ['blob rm nightly.tar --dry-run', 'blob rm nightly.tar']);
  remove.action((name: string, options: RemoveOptions) =>
    withLarge(options, environment, (task) => removeBlob(task, name, options)),
  );
  blobReadCommands(blob, environment, setExitCode);
}

async function removeBlob(task: LargeTask, name: string, options: RemoveOptions): Promise<void> {
  const found = rootsNamed(task.store, 'pin', name);
  const isDryRun = options.dryRun === true;
  letGo(task.store, found, { least: await task.leastCopies(options), isDryRun });
  print({ removed: found.map(blobJson), isDryRun }, options.json === true, () =>
    found
      .map((root) => `${isDryRun ? 'would let go of' : 'let go of'} ${plain(root.name)} ${blobIdText(idOf(root))}`)
      .join('\n'),
  );
}

function blobJson(root: Root) {
  const { name, target, addedMs } = root;
  return { name, id: blobIdText(idOf(root)), bytes: lengthOf(target), addedMs };
}

function lengthOf(target: Root['target']): number {
  return target.kind === 'blob' ? (target.root?.length ?? 0) : 0;
}

function row(root: Root): readonly string[] {
  return [plain(root.name), sizeText(lengthOf(root.target)), utcText(root.addedMs), blobIdText(idOf(root))];
}
