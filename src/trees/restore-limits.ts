import { CodedError } from '../base/errors.ts';
import { BLOB_BYTES_MAX, RESTORE_ENTRIES_MAX } from '../base/limits-chunks.ts';
import type { RestoreCounts, RestoreOptions } from './restore-options.ts';

/**
 * A directory may be named many times over, and each of those again: a snapshot of a few chunks can unfold without end.
 * @throws restore_over_limit.
 */
export function checkLimits(
  { files, directories, others, bytes }: RestoreCounts,
  { entriesMax = RESTORE_ENTRIES_MAX, bytesMax = BLOB_BYTES_MAX }: Pick<RestoreOptions, 'entriesMax' | 'bytesMax'>,
): void {
  if (files + directories + others <= entriesMax && bytes <= bytesMax) return;
  throw new CodedError('restore_over_limit', 'the snapshot unfolds to more than is allowed', {
    fields: { entriesMax, bytesMax },
    advice: 'Allow more, if it is known to be so large.',
  });
}
