import { equalBytes } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { decodeSnapshot, type RootDirectory } from '../chunks/tree/snapshot.ts';
import { sha256 } from '../format/ids.ts';
import { Draft } from './draft.ts';
import { errorName, Problems } from './problems.ts';
import { Restoration } from './restoration.ts';
import type { Restored, RestoreOptions } from './restore-options.ts';
import { TreeWriter } from './writer.ts';

/**
 * Makes a folder of a snapshot; durable once it resolves. Nothing is written outside the target, or for a new one outside
 * its draft beside it, which goes when the snapshot is refused and stays when the run was cut.
 * @throws restore_target_taken, restore_target_unreachable, restore_busy, restore_draft_foreign, restore_over_limit,
 * tree_deep, hardlink_order, tree_not_written, trees_cut, trees_failed; what fetching and decoding throw, but for
 * contents that are missing or rotten: those are left out, and told among the problems.
 */
export async function restoreSnapshot(options: RestoreOptions): Promise<Restored> {
  const root = await rootOf(options);
  return options.mode === 'new' ? await intoDraft(options, root) : await into(options, root);
}

async function rootOf({ fetch, digest }: RestoreOptions): Promise<RootDirectory> {
  const bytes = await fetch(digest);
  const fields = { digest: Buffer.from(digest).toString('hex') };
  if (bytes === null) throw new CodedError('chunk_missing', 'the document of the snapshot is not here', { fields });
  if (!equalBytes(sha256(bytes), digest)) {
    throw new CodedError('chunk_rotten', 'the document of the snapshot is not what its name says', { fields });
  }
  return decodeSnapshot(bytes);
}

async function into(options: RestoreOptions, root: RootDirectory): Promise<Restored> {
  const { target, signal } = options;
  const writer = new TreeWriter(signal);
  try {
    const code = await writer.open(Buffer.from(target), false);
    if (code !== 0) {
      throw new CodedError('restore_target_unreachable', `${target} cannot be opened: ${errorName(code)}`, {
        fields: { target, error: errorName(code) },
        advice: 'In place, a snapshot is restored into a directory that is there.',
      });
    }
    return await bring(options, root, writer, false);
  } finally {
    await writer.end();
  }
}

async function intoDraft(options: RestoreOptions, root: RootDirectory): Promise<Restored> {
  const draft = new Draft(options.target, options.digest);
  const isResumed = await draft.begin();
  const writer = new TreeWriter(options.signal);
  try {
    await draft.open(writer);
    const restored = await bring(options, root, writer, isResumed);
    await draft.finish();
    return restored;
  } catch (error) {
    await draft.abandon(writer, error);
    throw error;
  } finally {
    await writer.end();
  }
}

async function bring(
  options: RestoreOptions,
  root: RootDirectory,
  writer: TreeWriter,
  isResumed: boolean,
): Promise<Restored> {
  const problems = new Problems();
  const restoration = new Restoration(options, { writer, problems, isResumed });
  await restoration.run(root);
  await writer.sync();
  const { told, count, missingCount } = problems;
  return { counts: restoration.counts, problems: told, problemsCount: count, missingCount };
}
