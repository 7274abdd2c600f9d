import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { blobIdText } from '../chunks/blob-id.ts';
import { importTar } from '../chunks/tar/import.ts';
import { chunkerFor } from '../format/chunkers/cut.ts';
import { flushedWhenCut, profileOf } from '../node/large/put-blob.ts';
import { TREE_PROFILE } from '../node/large/store-folder.ts';
import { openTarShelf } from '../store/chunks/tar-shelf.ts';
import type { Environment } from './environment.ts';
import { type LargeTask, large, withLarge } from './large.ts';
import { plain, print } from './output.ts';
import { readable } from './pieces.ts';
import { type NameOptions, nameFor, nameOptions } from './snapshot-name.ts';
import { Transfer } from './transfer.ts';

export function snapshotImportCommand(snapshot: Command, environment: Environment): void {
  const take = snapshot
    .command('import')
    .description('store a tar archive as a snapshot; one of container layers too')
    .argument('<file>', 'the archive, uncompressed, or - for standard input');
  nameOptions(take, "the file's");
  large(take, environment, [
    'snapshot import rootfs.tar --name rootfs',
    'zcat layer.tgz | blockmesh snapshot import -',
  ]);
  take.action((file: string, options: NameOptions) =>
    withLarge(options, environment, (task) => importFrom(task, file, options)),
  );
}

async function importFrom(task: LargeTask, file: string, options: NameOptions): Promise<void> {
  const { store, signal } = task;
  const { name, set } = await nameFor(task, options, file === '-' ? 'tar' : basename(file));
  const { stream, bytes } = await readable(file, signal);
  const shown = new Transfer('snapshot import', bytes, options.json === true);
  const profile = profileOf(store, TREE_PROFILE);
  const importing = store.beginImport('snapshot import');
  const shelf = openTarShelf(resolve(store.file.path, '..'));
  try {
    const makeChunker = () => chunkerFor(profile);
    const made = await flushedWhenCut(importing, signal, () =>
      importTar(taken(stream, shown, signal), { importing, shelf, makeChunker }),
    );
    await importing.flush();
    shown.end();
    const { digest, members, passedOver } = made;
    set(digest, JSON.stringify({ source: file, members }));
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
