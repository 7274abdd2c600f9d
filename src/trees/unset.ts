import { errorName, type Problems } from './problems.ts';
import type { WriteEnd } from './writer.ts';

/** Tells what could not be set of something that was made. */
export function tellUnset(problems: Problems, path: Uint8Array, { unset, unsetCode }: WriteEnd): void {
  for (const what of unset) {
    if (what === 'set_id') problems.add('set_id_left_out', path, '');
    else problems.add(`${what}_not_set`, path, errorName(unsetCode));
  }
}
