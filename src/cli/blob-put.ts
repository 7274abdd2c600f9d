import { basename } from 'node:path';
import type { Command } from 'commander';
import { blobIdOf, blobIdText } from '../chunks/blob-id.ts';
import type { BlobRoot } from '../chunks/list-writer.ts';
import type { Root } from '../chunks/ports.ts';
import { checkName } from '../node/large/find-large.ts';
import { refusalsOf } from '../node/large/let-go.ts';
import { profileOf, putBlob } from '../node/large/put-blob.ts';
import { nameTaken, sameAs, setName } from '../node/large/set-name.ts';
import { sizeText } from '../node/large/size.ts';
import { profileOption } from './blob-chunks.ts';
import type { Environment } from './environment.ts';
import { FORCE_COPIES, type LargeOptions, type LargeTask, large, withLarge } from './large.ts';
import { plain, print } from './output.ts';
import { type Pieces, readable } from './pieces.ts';
import { Transfer } from './transfer.ts';

interface PutOptions extends LargeOptions {
  readonly name?: string;
  readonly replace?: boolean;
  readonly force?: boolean;
  readonly profile: string;
}

export function blobPutCommand(blob: Command, environment: Environment): void {
  const put = blob
    .command('put')
    .description('store a file under a name; what is there of it already is not stored again')
    .argument('<file>', 'the file, or - for standard input')
    .option('--name <name>', "its name here; without one the file's, and of standard input its id")
    .option('--replace', 'let the name stand for this from now on, whatever it stood for')
    .option('--force', `with --replace: ${FORCE_COPIES}`)
    .addOption(profileOption());
  large(put, environment, ['blob put disk.img', 'blob put --name nightly.tar --replace -']);
  put.action((file: string, options: PutOptions) =>
    withLarge(options, environment, (task) => putFile(task, file, options)),
  );
}

async function putFile(task: LargeTask, file: string, options: PutOptions): Promise<void> {
  const { store, signal } = task;
  const name = options.name ?? (file === '-' ? null : basename(file));
  if (name !== null) checkName(name);
  const profile = profileOf(store, options.profile);
  const before = name === null ? null : store.roots.find('pin', name);
  const least = before !== null && options.replace === true ? await task.leastCopies(options) : null;
  const { stream, bytes } = await readable(file, signal);
  const shown = new Transfer('blob put', bytes, options.json === true);
  const keep = (root: BlobRoot | null) => {
    const pinned = name ?? blobIdText(blobIdOf(root));
    setName(
      store,
      { kind: 'pin', name: pinned, target: { kind: 'blob', root }, addedMs: Date.now(), note: '{}' },
      least,
    );
  };
  try {
    const pieces = before === null ? stream : unlessOther(task, before, least, { stream, bytes });
    const { root, counts } = await putBlob(store, pieces, { profile, signal, onBytes: (n) => shown.update(n), keep });
    shown.end();
    const id = blobIdText(blobIdOf(root));
    print({ id, name: name ?? id, ...counts, bytes: root?.length ?? 0 }, options.json === true, () => {
      const { newBytes, storedBytes } = counts;
      const fresh = `${sizeText(newBytes)} of it new, ${sizeText(storedBytes)} in the store`;
      return `${id}\n${plain(name ?? id)}: ${sizeText(root?.length ?? 0)}, ${fresh}`;
    });
  } finally {
    shown.end();
  }
}

/** A name that may not go is told before anything is stored: of another length at once, else at the first difference. */
function unlessOther(
  { store }: LargeTask,
  before: Root,
  least: number | null,
  { stream, bytes }: Pieces,
): AsyncIterable<Uint8Array> {
  const refusal = least === null ? nameTaken(before) : (refusalsOf(store, [[before]], least)[0] ?? null);
  if (refusal === null) return stream;
  const { target } = before;
  const length = target.kind === 'blob' ? (target.root?.length ?? 0) : null;
  if (target.kind !== 'blob' || (bytes > 0 && bytes !== length)) throw refusal;
  return sameAs(stream, target.root, store, refusal);
}
