import { BLOB_BYTES_MAX } from '../base/limits-chunks.ts';
import type { CreateOptions } from './create-options.ts';
import type { Found, FoundEntry } from './found.ts';
import { pathTo } from './paths.ts';
import { errorName, type Problems } from './problems.ts';

interface Wishes extends Pick<CreateOptions, 'isExcluded'> {
  readonly problems: Problems;
}

/** What a snapshot keeps of what was found in a directory; tells what it cannot keep. */
export function* wantedOf(batch: readonly Found[], folder: Uint8Array, wishes: Wishes): Generator<FoundEntry> {
  for (const found of batch) {
    const path = pathTo(folder, found.name);
    const { kind } = found;
    if (wishes.isExcluded?.(path, kind === 'directory') === true) continue;
    if (kind === 'lost') wishes.problems.add('not_read', path, errorName(found.code));
    else if (kind === 'socket' || kind === 'other') wishes.problems.add('left_out', path, kind);
    // A file of holes is made in an instant, and would be read for days.
    else if (kind === 'file' && found.look.bytes > BLOB_BYTES_MAX) wishes.problems.add('not_read', path, 'EFBIG');
    else yield found;
  }
}
