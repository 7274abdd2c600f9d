import { readdirSync, statSync } from 'node:fs';
import { CodedError } from '../base/errors.ts';
import { blobIdText } from '../chunks/blob-id.ts';
import { sizeText } from '../node/large/size.ts';
import { restoreSnapshot } from '../trees/restore.ts';
import type { LargeOptions, LargeTask } from './large.ts';
import { print } from './output.ts';
import { Transfer } from './transfer.ts';
import { problemJson, tellProblems } from './tree-text.ts';

export interface RestoreTo extends LargeOptions {
  readonly target: string;
  readonly force?: boolean;
  /** As the person called it. */
  readonly name: string;
}

/**
 * Lays a snapshot out; as root with owners and devices.
 * @returns whether all of it is there. @throws restore_in_place; the codes of `restoreSnapshot`.
 */
export async function restoreTo(
  { store, signal }: LargeTask,
  digest: Uint8Array,
  options: RestoreTo,
): Promise<boolean> {
  const { target, name } = options;
  const isInto = hasFiles(target);
  if (isInto && options.force !== true) {
    throw new CodedError('restore_in_place', `${target} has files already`, {
      fields: { path: target },
      advice: 'Name a folder that is new or empty, or say --force: then files of the same names are replaced.',
    });
  }
  const isRoot = process.geteuid?.() === 0;
  const shown = new Transfer('restore', 0, options.json === true);
  try {
    const restored = await restoreSnapshot({
      fetch: store.get,
      digest,
      target,
      mode: isInto ? 'into' : 'new',
      allow: { devices: isRoot, owners: isRoot },
      signal,
      onProgress: ({ bytes, files }) => shown.update(bytes, { files }),
    });
    shown.end();
    const { counts, problems, problemsCount, missingCount } = restored;
    if (options.json !== true) tellProblems(problems, problemsCount);
    const about = { id: blobIdText({ kind: 'list', digest }), name, target };
    const told = { problems: problems.map(problemJson), problemsCount, missingCount };
    print({ ...about, ...counts, ...told }, options.json === true, () => {
      const also =
        problemsCount === 0 ? '' : `; ${missingCount} missing, ${problemsCount - missingCount} not as they were`;
      return `${target}: ${counts.files} files, ${sizeText(counts.bytes)}${also}`;
    });
    return missingCount === 0;
  } finally {
    shown.end();
  }
}

function hasFiles(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && (!stat.isDirectory() || readdirSync(path).length > 0);
}
