import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { blobIdText } from '../chunks/blob-id.ts';
import type { Root } from '../chunks/ports.ts';
import { importTar } from '../chunks/tar/import.ts';
import { chunkerFor } from '../format/chunkers/cut.ts';
import { checkName, idOf, rootsNamed } from '../node/large/find-large.ts';
import { profileOf } from '../node/large/put-blob.ts';
import { sizeText } from '../node/large/size.ts';
import { storeFolder, TREE_PROFILE } from '../node/large/store-folder.ts';
import { openTarShelf } from '../store/chunks/tar-shelf.ts';
import { utcText } from './clock.ts';
import { collect } from './command.ts';
import type { Environment } from './environment.ts';
import { type LargeOptions, type LargeTask, large, withLarge } from './large.ts';
import { columns, plain, print } from './output.ts';
import { readable } from './pieces.ts';
import { snapshotReadCommands } from './snapshot-reads.ts';
import { Transfer } from './transfer.ts';
import { problemJson, tellProblems } from './tree-text.ts';

interface CreateOptions extends LargeOptions {
  readonly name?: string;
  readonly exclude?: readonly string[];
  readonly oneFileSystem?: boolean;
}

export const EXCLUDE_HELP = 'leave out what is called so: "*.tmp", "cache/", "home/*/Downloads"; may be given again';

export function snapshotCommands(program: Command, environment: Environment): void {
  const snapshot = program
    .command('snapshot')
    .description('trees of files with all they have, kept as large things are; not tied to a schedule as `backup` is');
  const create = snapshot
    .command('create')
    .description('store a folder; the same tree has the same id on every machine')
    .argument('<folder>', 'the folder')
    .option('--name <name>', "its name here; without one the folder's and the time")
    .option('--exclude <pattern>', EXCLUDE_HELP, collect)
    .option('--one-file-system', 'leave folders empty on which something else is mounted');
  large(create, environment, ['snapshot create /etc', 'snapshot create /srv --name srv --exclude "*.tmp"']);
  create.action((folder: string, options: CreateOptions) =>
    withLarge(options, environment, (task) => createFrom(task, resolve(folder), options)),
  );
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
    .option('--dry-run', 'only say what would go');
  large(remove, environment, ['snapshot rm srv --dry-run', 'snapshot rm srv']);
  remove.action((name: string, options: LargeOptions & { readonly dryRun?: boolean }) =>
    withLarge(options, environment, async ({ store }) => {
      const found = rootsNamed(store, 'snapshot', name);
      const isDryRun = options.dryRun === true;
      if (!isDryRun) for (const root of found) store.roots.remove('snapshot', root.name);
      const what = isDryRun ? 'would let go of' : 'let go of';
      print({ removed: found.map(snapshotJson), isDryRun }, options.json === true, () =>
        found.map((root) => `${what} ${plain(root.name)}`).join('\n'),
      );
    }),
  );
  const take = snapshot
    .command('import')
    .description('store a tar archive as a snapshot; one of container layers too')
    .argument('<file>', 'the archive, uncompressed, or - for standard input')
    .option('--name <name>', "its name here; without one the file's and the time");
  large(take, environment, [
    'snapshot import rootfs.tar --name rootfs',
    'zcat layer.tgz | blockmesh snapshot import -',
  ]);
  take.action((file: string, options: CreateOptions) =>
    withLarge(options, environment, (task) => importFrom(task, file, options)),
  );
  snapshotReadCommands(snapshot, environment);
}

async function createFrom({ store, signal }: LargeTask, folder: string, options: CreateOptions): Promise<void> {
  const name = nameOf(options, basename(folder) || 'root');
  const { exclude = [], oneFileSystem: isOneFilesystem = false } = options;
  const shown = new Transfer('snapshot', 0, options.json === true);
  const importing = store.beginImport('snapshot create');
  try {
    const onProgress = ({ bytes, files }: { readonly bytes: number; readonly files: number }) =>
      shown.update(bytes, { files });
    const created = await storeFolder(store, importing, { folder, exclude, isOneFilesystem, signal, onProgress });
    shown.end();
    const { digest, counts, problems, problemsCount } = created;
    const note = JSON.stringify({ source: folder, files: counts.files, bytes: counts.bytes });
    store.roots.set({ kind: 'snapshot', name, target: { kind: 'snapshot', digest }, addedMs: Date.now(), note });
    const id = blobIdText({ kind: 'list', digest });
    const { newBytes, storedBytes } = importing.counts;
    const told = { problems: problems.map(problemJson), problemsCount };
    if (options.json !== true) tellProblems(problems, problemsCount);
    print({ id, name, ...counts, newBytes, storedBytes, ...told }, options.json === true, () => {
      const size = `${counts.files} files, ${sizeText(counts.bytes)}`;
      return `${id}\n${plain(name)}: ${size}, ${sizeText(newBytes)} of it new, ${sizeText(storedBytes)} in the store`;
    });
  } finally {
    shown.end();
    importing.end();
  }
}

async function importFrom({ store, signal }: LargeTask, file: string, options: CreateOptions): Promise<void> {
  const name = nameOf(options, file === '-' ? 'tar' : basename(file));
  const { stream, bytes } = await readable(file);
  const shown = new Transfer('snapshot import', bytes, options.json === true);
  const profile = profileOf(store, TREE_PROFILE);
  const importing = store.beginImport('snapshot import');
  const shelf = openTarShelf(resolve(store.file.path, '..'));
  try {
    const makeChunker = () => chunkerFor(profile);
    const made = await importTar(taken(stream, shown, signal), { importing, shelf, makeChunker });
    await importing.flush();
    shown.end();
    const { digest, members, passedOver } = made;
    const note = JSON.stringify({ source: file, members });
    store.roots.set({ kind: 'snapshot', name, target: { kind: 'snapshot', digest }, addedMs: Date.now(), note });
    const id = blobIdText({ kind: 'list', digest });
    print({ id, name, members, passedOver: [...passedOver] }, options.json === true, () => {
      const over = passedOver.length === 0 ? '' : `\npassed over: ${passedOver.map(plain).join(', ')}`;
      return `${id}\n${plain(name)}: ${members} members${over}`;
    });
  } finally {
    shown.end();
    shelf.close();
    importing.end();
  }
}

async function* taken(pieces: AsyncIterable<Uint8Array>, shown: Transfer, signal: AbortSignal) {
  let done = 0;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    yield piece;
    done += piece.length;
    shown.update(done);
  }
}

function nameOf({ name }: CreateOptions, from: string): string {
  if (name !== undefined) checkName(name);
  return name ?? `${plain(from)} ${utcText(Date.now())}`;
}

function snapshotJson(root: Root) {
  const { name, addedMs, note } = root;
  return { name, id: blobIdText(idOf(root)), addedMs, about: JSON.parse(note) };
}
