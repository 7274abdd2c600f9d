import { CodedError } from '../../base/errors.ts';
import type { Entry } from '../tree/entry.ts';
import { decodeEntry } from '../tree/entry-code.ts';
import { framedEntry } from '../tree/entry-stream.ts';
import { shown, tarError } from './error.ts';

/** Bytes of the length before an entry in its stream. */
const FRAME_BYTES = 4;

/** An entry as its bytes; what could not be read back is refused here. @throws tar_form. */
export function checkedEntry(entry: Entry, path: Uint8Array): Uint8Array {
  try {
    const bytes = framedEntry(entry).subarray(FRAME_BYTES);
    decodeEntry(bytes);
    return bytes;
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw tarError('tar_form', `a member cannot be kept: ${cause.message}`, { path: shown(path) }, cause);
  }
}
