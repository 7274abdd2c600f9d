import type { Command } from 'commander';
import { blobIdText } from '../chunks/blob-id.ts';
import type { Root } from '../chunks/ports.ts';
import { idOf, rootsNamed } from '../node/large/find-large.ts';
import { letGo } from '../node/large/let-go.ts';
import { noteIn } from '../node/large/note.ts';
import { utcText } from './clock.ts';
import type { Environment } from './environment.ts';
import { FORCE_COPIES, type LargeOptions, large, type RemoveOptions, withLarge } from './large.ts';
import { columns, plain, print } from './output.ts';

export function snapshotListCommands(snapshot: Command, environment: Environment): void {
  const list = snapshot.command('list').description('list the snapshots that are kept here, those of backups left out');
  large(list, environment, ['snapshot list', 'snapshot list --json']);
  list.action((options: LargeOptions) =>
    withLarge(options, environment, async ({ store }) => {
      const found = store.roots.list('snapshot');
      const rows = found.map((root) => [plain(root.name), utcText(root.addedMs), blobIdText(idOf(root))]);
      print(found.map(snapshotJson), options.json === true, () => columns([['NAME', 'ADDED', 'ID'], ...rows]));
    }),
  );
  const remove = snapshot
    .command('rm')
    .description('let go of a snapshot; `blockmesh store gc` then frees what nothing else needs')
    .argument('<name>', 'its name, or its id: then all its names')
    .option('--dry-run', 'only say what would go')
    .option('--force', FORCE_COPIES);
  large(remove, environment, ['snapshot rm srv --dry-run', 'snapshot rm srv']);
  remove.action((name: string, options: RemoveOptions) =>
    withLarge(options, environment, async (task) => {
      const found = rootsNamed(task.store, 'snapshot', name);
      const isDryRun = options.dryRun === true;
      letGo(task.store, found, { least: await task.leastCopies(options), isDryRun });
      const what = isDryRun ? 'would let go of' : 'let go of';
      print({ removed: found.map(snapshotJson), isDryRun }, options.json === true, () =>
        found.map((root) => `${what} ${plain(root.name)}`).join('\n'),
      );
    }),
  );
}

function snapshotJson(root: Root) {
  const { name, addedMs, note } = root;
  return { name, id: blobIdText(idOf(root)), addedMs, about: noteIn(note) };
}
