import { CodedError } from '../base/errors.ts';
import { letGoOfRuns, type Retention, spareRuns } from '../node/large/backup-run.ts';
import type { BackupSet } from '../node/large/backup-set.ts';
import type { LargeTask } from './large.ts';
import { plain } from './output.ts';

/**
 * Lets go of what the rules of a backup do not keep. That something has to stay, or that the ledger cannot be asked how
 * many boards have to hold it, does not make a backup fail that is whole.
 */
export async function applyRetention(
  { store, leastCopies }: LargeTask,
  set: BackupSet,
  options: { readonly force?: boolean; readonly isDryRun: boolean },
): Promise<Retention> {
  const spare = spareRuns(store, set);
  if (spare.length === 0) return { gone: [], kept: [] };
  let least: number;
  try {
    least = await leastCopies(options);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { gone: [], kept: spare.map((run) => ({ run, error })) };
  }
  return letGoOfRuns(store, spare, { least, isDryRun: options.isDryRun });
}

export function keptJson({ kept }: Retention) {
  return kept.map(({ run, error }) => ({ time: run.time, code: error.code, message: error.message }));
}

/** Nothing where nothing had to stay. */
export function keptText({ kept }: Retention): string {
  const [first] = kept;
  if (first === undefined) return '';
  const rest = kept.length === 1 ? '' : `, and ${kept.length - 1} more`;
  return `\nnot let go: ${plain(first.error.message)} [${first.error.code}]${rest}`;
}
