import { toHex } from '../base/bytes.ts';
import type { JsonObject } from '../base/json.ts';
import { FAULTS_SHOWN_MAX } from '../base/limits-chunks.ts';
import type { RootFault } from '../chunks/live-check.ts';
import type { Root } from '../chunks/ports.ts';
import { sizeText } from '../node/large/size.ts';
import { verifyRoots } from '../store/chunks/verify.ts';
import type { LargeOptions, LargeTask } from './large.ts';
import { EXIT_FINDINGS, plain, print } from './output.ts';
import { Transfer } from './transfer.ts';
import { shownName } from './tree-names.ts';

/** What is wrong with roots: the first of it, and how much there is. */
export interface Faults {
  readonly faults: readonly RootFault[];
  readonly faultCount: number;
}

/** Reads all that hangs on these roots, prints what is wrong with them, and leaves with exit code 3 if anything is. */
export async function checkRoots(
  { store, signal }: LargeTask,
  roots: readonly Root[],
  options: LargeOptions,
  setExitCode: (code: number) => void,
): Promise<void> {
  const shown = new Transfer('reading', 0, options.json === true);
  let read = { chunks: 0, bytes: 0 };
  const onProgress = (totals: typeof read) => {
    read = totals;
    shown.update(totals.bytes);
  };
  const found = verifyRoots(store.file, store, { roots, readsAll: true, signal, onProgress });
  const { faults, faultCount } = await gathered(found).finally(() => shown.end());
  const result = { roots: roots.length, ...read, faultCount, faults: faults.map(faultJson) };
  print(result, options.json === true, () => {
    const total = `${roots.length} looked at, ${read.chunks} chunks, ${sizeText(read.bytes)}`;
    return [...faults.map(faultText), faultCount === 0 ? `${total}: whole` : `${total}: ${faultCount} faults`].join(
      '\n',
    );
  });
  if (faultCount > 0) setExitCode(EXIT_FINDINGS);
}

/** What of all roots is not here; contents are looked for and not read. */
export function missingOf({ store, signal }: LargeTask): Promise<Faults> {
  return gathered(verifyRoots(store.file, store, { readsAll: false, signal, onProgress: () => {} }));
}

async function gathered(found: AsyncIterable<RootFault>): Promise<Faults> {
  const faults: RootFault[] = [];
  let faultCount = 0;
  for await (const fault of found) {
    faultCount += 1;
    if (faults.length < FAULTS_SHOWN_MAX) faults.push(fault);
  }
  return { faults, faultCount };
}

export function faultJson({ root, digest, path, error }: RootFault): JsonObject {
  const { kind, name } = root;
  return { kind, name, path: path === null ? null : shownName(path), digest: toHex(digest), code: error.code };
}

export function faultText({ root, path, error }: RootFault): string {
  const where = path === null ? '' : ` ${shownName(path)}`;
  return `${plain(root.name)}${where}: ${error.message} [${error.code}]`;
}
