import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { CodedError } from '../base/errors.ts';
import { blobIdOf, blobIdText } from '../chunks/blob-id.ts';
import { type ByteRange, readBlob } from '../chunks/blob-reader.ts';
import type { BlobRoot } from '../chunks/list-writer.ts';
import type { Root } from '../chunks/ports.ts';
import { findBlob } from '../node/large/find-large.ts';
import { sizeText } from '../node/large/size.ts';
import type { Chunks } from '../store/chunks/store.ts';
import type { Environment } from './environment.ts';
import { type LargeOptions, type LargeTask, large, withLarge } from './large.ts';
import { checkRoots } from './large-faults.ts';
import { print } from './output.ts';
import { writeOut, writeWhole } from './pieces.ts';
import { Transfer } from './transfer.ts';

interface GetOptions extends LargeOptions {
  readonly force?: boolean;
}

interface CatOptions extends LargeOptions {
  readonly range?: Asked;
}

/** The first byte and the one after the last; null: to the end. */
interface Asked {
  readonly from: number;
  readonly to: number | null;
}

const NAME = 'its name, or its id';

export function blobReadCommands(blob: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const get = blob
    .command('get')
    .description('write a blob into a file, which appears once it is whole')
    .argument('<blob>', NAME)
    .argument('<file>', 'the file to be made')
    .option('--force', 'put it in the place of a file of that name');
  large(get, environment, ['blob get disk.img /tmp/disk.img', 'blob get nightly.tar old.tar --force']);
  get.action((name: string, file: string, options: GetOptions) =>
    withLarge(options, environment, (task) => getBlob(task, name, resolve(file), options)),
  );
  const cat = blob
    .command('cat')
    .description('write a blob, or a range of it, to standard output')
    .argument('<blob>', NAME)
    .option(
      '--range <first-last>',
      'bytes from the first to the last one, counted from 0, such as 0-511 or 4096-',
      range,
    );
  large(cat, environment, ['blob cat disk.img | sha256sum', 'blob cat disk.img --range 0-511 | xxd']);
  cat.action((name: string, options: CatOptions) =>
    withLarge(options, environment, async ({ store, signal }) => {
      const root = await findBlob(store, name);
      if (root !== null) await writeOut(readBlob(root, rangeIn(root, options.range), store.get), signal);
    }),
  );
  const verify = blob
    .command('verify')
    .description('read a blob, or all of them, and check every chunk; exit code 3 when one is not whole')
    .argument('[blob]', `${NAME}; all when none is given`);
  large(verify, environment, ['blob verify', 'blob verify disk.img --json']);
  verify.action((name: string | undefined, options: LargeOptions) =>
    withLarge(options, environment, async (task) => {
      await checkRoots(task, await toVerify(task.store, name), options, setExitCode);
    }),
  );
}

async function getBlob({ store, signal }: LargeTask, name: string, file: string, options: GetOptions): Promise<void> {
  const root = await findBlob(store, name);
  refuseFile(file, options.force === true);
  const bytes = root?.length ?? 0;
  const shown = new Transfer('blob get', bytes, options.json === true);
  try {
    await writeWhole(
      file,
      root === null ? nothing() : counted(readBlob(root, { from: 0, to: bytes }, store.get), shown),
      signal,
    );
  } finally {
    shown.end();
  }
  print({ id: blobIdText(blobIdOf(root)), file, bytes }, options.json === true, () => `${file}: ${sizeText(bytes)}`);
}

/** @throws file_exists. */
export function refuseFile(file: string, mayReplace: boolean): void {
  if (mayReplace || !existsSync(file)) return;
  throw new CodedError('file_exists', `${file} is there already`, {
    fields: { path: file },
    advice: 'Name another file, or say --force.',
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Tells of each piece that has been taken. */
export async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  shown: Transfer,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const piece of pieces) {
    yield piece;
    done += piece.length;
    shown.update(done);
    onBytes(done);
  }
}

async function toVerify(store: Chunks, name: string | undefined): Promise<readonly Root[]> {
  if (name === undefined) return store.roots.list('pin');
  return [{ kind: 'pin', name, target: { kind: 'blob', root: await findBlob(store, name) }, addedMs: 0, note: '{}' }];
}

function range(text: string): Asked {
  const [, first = '', last = ''] = /^(\d{1,13})-(\d{0,13})$/.exec(text) ?? [];
  if (first === '' || (last !== '' && Number(last) < Number(first))) {
    throw new InvalidArgumentError('It must be like 0-511, or 4096- to the end.');
  }
  return { from: Number(first), to: last === '' ? null : Number(last) + 1 };
}

/** @throws range_outside. */
function rangeIn({ length }: BlobRoot, asked: Asked | undefined): ByteRange {
  const { from, to } = asked ?? { from: 0, to: null };
  if (from < length) return { from, to: Math.min(to ?? length, length) };
  throw new CodedError('range_outside', `the blob has ${length} bytes, and none from ${from} on`, {
    fields: { from, bytes: length },
    advice: 'Bytes are counted from 0.',
  });
}
