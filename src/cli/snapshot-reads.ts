import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import { blobIdText } from '../chunks/blob-id.ts';
import { fetchChunk } from '../chunks/blob-reader.ts';
import { exportTar } from '../chunks/tar/export.ts';
import { entriesIn } from '../chunks/tree/content.ts';
import { type Change, diffTrees } from '../chunks/tree/diff.ts';
import type { Entry } from '../chunks/tree/entry.ts';
import { PathFinder } from '../chunks/tree/finder.ts';
import { decodeSnapshot, type RootDirectory } from '../chunks/tree/snapshot.ts';
import { findSnapshot } from '../node/large/find-large.ts';
import { sizeText } from '../node/large/size.ts';
import type { Chunks } from '../store/chunks/store.ts';
import { counted, refuseFile } from './blob-reads.ts';
import type { Environment } from './environment.ts';
import { type LargeOptions, type LargeTask, large, withLarge } from './large.ts';
import { columns, EXIT_FINDINGS, jsonText, print } from './output.ts';
import { writeOut, writeWhole } from './pieces.ts';
import { restoreTo } from './restore-tree.ts';
import { Transfer } from './transfer.ts';
import { parseName, shownName } from './tree-names.ts';
import { entryJson, entryRow } from './tree-text.ts';

interface ForceOptions extends LargeOptions {
  readonly force?: boolean;
}

const NAME = 'its name, or its id';

export function snapshotReadCommands(
  snapshot: Command,
  environment: Environment,
  setExitCode: (code: number) => void,
): void {
  const show = snapshot
    .command('show')
    .description('list a folder of a snapshot, or one file; odd bytes in names as \\xff, a backslash as \\\\')
    .argument('<snapshot>', NAME)
    .argument('[path]', 'from its root, spelled as it is shown');
  large(show, environment, ['snapshot show srv', 'snapshot show srv www/index.html --json']);
  show.action((name: string, path: string | undefined, options: LargeOptions) =>
    withLarge(options, environment, ({ store }) => showPath(store, name, path ?? '', options)),
  );
  const diff = snapshot
    .command('diff')
    .description('list what differs between two snapshots, in the order of the paths')
    .argument('<before>', NAME)
    .argument('<after>', NAME);
  large(diff, environment, ['snapshot diff srv-monday srv-friday']);
  diff.action((before: string, after: string, options: LargeOptions) =>
    withLarge(options, environment, (task) => showDiff(task, before, after, options)),
  );
  const restore = snapshot
    .command('restore')
    .description(
      'lay a snapshot out as files, into a folder that is new or empty (exit code 3: some could not be made)',
    )
    .argument('<snapshot>', NAME)
    .argument('<target>', 'the folder')
    .option('--force', 'into a folder that has files: those of the snapshot replace them, others stay');
  large(restore, environment, ['snapshot restore srv /tmp/srv', 'snapshot restore srv /srv --force']);
  restore.action((name: string, target: string, options: ForceOptions) =>
    withLarge(options, environment, async (task) => {
      const to = { ...options, target: resolve(target), name };
      if (!(await restoreTo(task, findSnapshot(task.store, name), to))) setExitCode(EXIT_FINDINGS);
    }),
  );
  const out = snapshot
    .command('export')
    .description('write a snapshot as a tar archive: the same snapshot is always the same bytes')
    .argument('<snapshot>', NAME)
    .argument('[file]', 'the archive to be made; standard output without one, or with -')
    .option('--force', 'put it in the place of a file of that name');
  large(out, environment, ['snapshot export srv srv.tar', 'snapshot export srv | ssh other tar -x']);
  out.action((name: string, file: string | undefined, options: ForceOptions) =>
    withLarge(options, environment, (task) => exportTo(task, name, file ?? '-', options)),
  );
}

async function rootOf(store: Chunks, name: string): Promise<{ readonly id: string; readonly root: RootDirectory }> {
  const digest = findSnapshot(store, name);
  return { id: blobIdText({ kind: 'list', digest }), root: decodeSnapshot(await fetchChunk(digest, store.get)) };
}

async function showPath(store: Chunks, name: string, path: string, options: LargeOptions): Promise<void> {
  const { id, root } = await rootOf(store, name);
  const bytes = parseName(path.replace(/^(\.?\/)+|\/+$/g, ''));
  const found: Entry | null =
    bytes.length === 0 ? { name: bytes, ...root } : await new PathFinder(root, store.get).find(bytes);
  if (found === null) {
    throw new CodedError('path_missing', `the snapshot has no ${shownName(bytes)}`, {
      fields: { id, path: shownName(bytes) },
      advice: 'Spell it as `blockmesh snapshot show` shows it, from the root of the snapshot.',
    });
  }
  const entries = found.kind === 'directory' ? entriesIn(found, store.get) : [found];
  if (options.json === true) {
    process.stdout.write(`${jsonText({ id, ...entryJson(bytes, found) })}\n`);
    if (found.kind === 'directory')
      for await (const one of entries) process.stdout.write(`${jsonText(entryJson(one.name, one))}\n`);
    return;
  }
  const rows: (readonly string[])[] = [];
  for await (const entry of entries) rows.push(entryRow(entry.name, entry));
  if (rows.length > 0) process.stdout.write(`${columns(rows)}\n`);
}

async function showDiff({ store, signal }: LargeTask, a: string, b: string, options: LargeOptions): Promise<void> {
  const [before, after] = [await rootOf(store, a), await rootOf(store, b)];
  for await (const change of diffTrees(before.root, after.root, store.get)) {
    signal.throwIfAborted();
    process.stdout.write(`${options.json === true ? jsonText(changeJson(change)) : changeText(change)}\n`);
  }
}

const SIGN = { added: '+', removed: '-', changed: '~' } as const;

function changeText(change: Change): string {
  const aspects = change.kind === 'changed' ? ` (${change.aspects.join(', ')})` : '';
  return `${SIGN[change.kind]} ${shownName(change.path) || '.'}${aspects}`;
}

function changeJson(change: Change) {
  const own = { change: change.kind, path: shownName(change.path) };
  return change.kind === 'changed' ? { ...own, aspects: [...change.aspects] } : own;
}

async function exportTo(
  { store, signal }: LargeTask,
  name: string,
  file: string,
  options: ForceOptions,
): Promise<void> {
  const { id, root } = await rootOf(store, name);
  if (file === '-') return await writeOut(exportTar(root, store.get), signal);
  const path = resolve(file);
  refuseFile(path, options.force === true);
  const shown = new Transfer('snapshot export', 0, options.json === true);
  let bytes = 0;
  try {
    const pieces = counted(exportTar(root, store.get), shown, (done) => (bytes = done));
    await writeWhole(path, pieces, signal);
  } finally {
    shown.end();
  }
  print({ id, file: path, bytes }, options.json === true, () => `${path}: ${sizeText(bytes)}`);
}
