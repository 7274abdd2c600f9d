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

/** Reads all that hangs on these roots, prints what is wrong with them, and leaves with exit code 3 if anything is. */
export async function checkRoots(
  { store, signal }: LargeTask,
  roots: readonly Root[],
  options: LargeOptions,
  setExitCode: (code: number) => void,
): Promise<void> {
  const shown = new Transfer('reading', 0, options.json === true);
  const faults: RootFault[] = [];
  let count = 0;
  let read = { chunks: 0, bytes: 0 };
  const onProgress = (totals: typeof read) => {
    read = totals;
    shown.update(totals.bytes);
  };
  try {
    for await (const fault of verifyRoots(store.file, store, { roots, readsAll: true, signal, onProgress })) {
      count += 1;
      if (faults.length < FAULTS_SHOWN_MAX) faults.push(fault);
    }
  } finally {
    shown.end();
  }
  const result = { roots: roots.length, ...read, faultCount: count, faults: faults.map(faultJson) };
  print(result, options.json === true, () => {
    const total = `${roots.length} looked at, ${read.chunks} chunks, ${sizeText(read.bytes)}`;
    return [...faults.map(faultText), count === 0 ? `${total}: whole` : `${total}: ${count} faults`].join('\n');
  });
  if (count > 0) setExitCode(EXIT_FINDINGS);
}

export function faultJson({ root, digest, path, error }: RootFault): JsonObject {
  const { kind, name } = root;
  return { kind, name, path: path === null ? null : shownName(path), digest: toHex(digest), code: error.code };
}

export function faultText({ root, path, error }: RootFault): string {
  const where = path === null ? '' : ` ${shownName(path)}`;
  return `${plain(root.name)}${where}: ${error.message} [${error.code}]`;
}
