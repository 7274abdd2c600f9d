import { CodedError } from '../../base/errors.ts';
import { DIRECTORY_ENTRIES_MAX, ENTRY_BYTES_MAX } from '../../base/limits-chunks.ts';
import type { Entry } from './entry.ts';
import { decodeEntry, lendEntry } from './entry-code.ts';

/** A directory as a stream: each entry after its length, in the order of the bytes of their names. */

const LENGTH_BYTES = 4;

/**
 * Lends an entry as it stands in the stream: its length in four bytes, the most significant first, and its bytes.
 * @returns what `take` returns. @throws entry_large.
 */
export function lendFramed<Result>(entry: Entry, take: (bytes: Uint8Array) => Result): Result {
  return lendEntry(entry, LENGTH_BYTES, (framed) => {
    const bytes = framed.length - LENGTH_BYTES;
    if (bytes > ENTRY_BYTES_MAX) {
      throw new CodedError('entry_large', 'an entry of a tree is too large: its attributes, most likely', {
        fields: { name: Buffer.from(entry.name).toString(), bytes, bytesMax: ENTRY_BYTES_MAX },
      });
    }
    new DataView(framed.buffer, framed.byteOffset).setUint32(0, bytes);
    return take(framed);
  });
}

/** As `lendFramed`, for whoever keeps it. */
export function framedEntry(entry: Entry): Uint8Array {
  return lendFramed(entry, (bytes) => new Uint8Array(bytes));
}

/**
 * The entries of a directory whose stream comes in pieces; holds one entry and one piece.
 * @throws entry_form, directory_form.
 */
export async function* entriesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  let rest: Buffer = Buffer.alloc(0);
  let before: Uint8Array | null = null;
  let count = 0;
  for await (const piece of stream) {
    rest = Buffer.concat([rest, piece]);
    let at = 0;
    for (let bytes = framedAt(rest, at); bytes !== null; bytes = framedAt(rest, at)) {
      at += LENGTH_BYTES + bytes.length;
      count += 1;
      if (count > DIRECTORY_ENTRIES_MAX) throw formError('too many entries', { entriesMax: DIRECTORY_ENTRIES_MAX });
      const entry = decodeEntry(bytes);
      if (before !== null && Buffer.compare(before, entry.name) >= 0) {
        throw formError('entries are not sorted, or one is there twice', { name: Buffer.from(entry.name).toString() });
      }
      before = entry.name;
      yield entry;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw formError('the last entry is not whole', { bytes: rest.length });
}

/** The entry whose frame begins at `at`, or null when not all of it is there. */
function framedAt(bytes: Buffer, at: number): Buffer | null {
  if (bytes.length < at + LENGTH_BYTES) return null;
  const length = bytes.readUInt32BE(at);
  if (length > ENTRY_BYTES_MAX) throw formError('an entry is too large', { bytes: length, bytesMax: ENTRY_BYTES_MAX });
  const start = at + LENGTH_BYTES;
  return bytes.length < start + length ? null : bytes.subarray(start, start + length);
}

function formError(what: string, fields: { readonly [name: string]: string | number }): CodedError {
  return new CodedError('directory_form', `directory: ${what}`, { fields });
}
