import { basename } from 'node:path';
import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import { blobIdOf, blobIdText } from '../chunks/blob-id.ts';
import type { BlobRoot } from '../chunks/list-writer.ts';
import type { Root } from '../chunks/ports.ts';
import { checkName, idOf, rootsNamed } from '../node/large/find-large.ts';
import { profileOf, putBlob } from '../node/large/put-blob.ts';
import { sizeText } from '../node/large/size.ts';
import type { Chunks } from '../store/chunks/store.ts';
import { blobChunksCommand, profileOption } from './blob-chunks.ts';
import { blobReadCommands } from './blob-reads.ts';
import { utcText } from './clock.ts';
import type { Environment } from './environment.ts';
import { type LargeOptions, large, withLarge } from './large.ts';
import { columns, plain, print } from './output.ts';
import { readable } from './pieces.ts';
import { Transfer } from './transfer.ts';

export function blobCommands(program: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const blob = program
    .command('blob')
    .description('large things: files of any size, kept as chunks cut where their content says');
  blobChunksCommand(blob);
  const put = blob
    .command('put')
    .description('store a file under a name; what is there of it already is not stored again')
    .argument('<file>', 'the file, or - for standard input')
    .option('--name <name>', "its name here; without one the file's, and of standard input its id")
    .option('--replace', 'let the name stand for this from now on, whatever it stood for')
    .addOption(profileOption());
  large(put, environment, ['blob put disk.img', 'blob put --name nightly.tar --replace -']);
  put.action((file: string, options: PutOptions) =>
    withLarge(options, environment, ({ store, signal }) => putFile(store, file, options, signal)),
  );
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
    .option('--dry-run', 'only say what would go');
  large(remove, environment, ['blob rm nightly.tar --dry-run', 'blob rm nightly.tar']);
  remove.action((name: string, options: LargeOptions & { readonly dryRun?: boolean }) =>
    withLarge(options, environment, async ({ store }) => removeBlob(store, name, options)),
  );
  blobReadCommands(blob, environment, setExitCode);
}

interface PutOptions extends LargeOptions {
  readonly name?: string;
  readonly replace?: boolean;
  readonly profile: string;
}

async function putFile(store: Chunks, file: string, options: PutOptions, signal: AbortSignal): Promise<void> {
  const name = options.name ?? (file === '-' ? null : basename(file));
  if (name !== null) checkName(name);
  const profile = profileOf(store, options.profile);
  const { stream, bytes } = await readable(file, signal);
  const shown = new Transfer('blob put', bytes, options.json === true);
  let pinned = '';
  const keep = (root: BlobRoot | null) => {
    const id = blobIdText(blobIdOf(root));
    pinned = name ?? id;
    refuseOther(store, pinned, id, options.replace === true);
    store.roots.set({ kind: 'pin', name: pinned, target: { kind: 'blob', root }, addedMs: Date.now(), note: '{}' });
  };
  try {
    const { root, counts } = await putBlob(store, stream, { profile, signal, onBytes: (n) => shown.update(n), keep });
    shown.end();
    const id = blobIdText(blobIdOf(root));
    print({ id, name: pinned, ...counts, bytes: root?.length ?? 0 }, options.json === true, () => {
      const { newBytes, storedBytes } = counts;
      const fresh = `${sizeText(newBytes)} of it new, ${sizeText(storedBytes)} in the store`;
      return `${id}\n${plain(pinned)}: ${sizeText(root?.length ?? 0)}, ${fresh}`;
    });
  } finally {
    shown.end();
  }
}

/** @throws name_taken. */
function refuseOther(store: Chunks, name: string, id: string, mayReplace: boolean): void {
  const found = store.roots.find('pin', name);
  if (found === null || mayReplace || blobIdText(idOf(found)) === id) return;
  throw new CodedError('name_taken', `${name} stands for another blob`, {
    fields: { name, id: blobIdText(idOf(found)) },
    advice: 'Give it another --name, or say --replace. What was stored stays until `blockmesh store gc`.',
  });
}

function removeBlob(store: Chunks, name: string, options: LargeOptions & { readonly dryRun?: boolean }): void {
  const found = rootsNamed(store, 'pin', name);
  const isDryRun = options.dryRun === true;
  if (!isDryRun) for (const root of found) store.roots.remove('pin', root.name);
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
