import type { CodedError } from '../base/errors.ts';
import { TREES_CHECK_BYTES_MAX } from '../base/limits-chunks.ts';
import type { Fetch } from '../chunks/blob-reader.ts';
import type { Entry } from '../chunks/tree/entry.ts';
import { bytesOf } from './content-source.ts';
import { isLost } from './lost.ts';
import type { Problems } from './problems.ts';
import type { TreeWriter } from './writer.ts';

/** What is read of a snapshot while it is brought, as far as it is there. */

/**
 * Sends all of a file but its end.
 * @returns what of it has been lost: then it is left out.
 */
export async function sendFile(
  writer: TreeWriter,
  { name, content, hasHoles }: Extract<Entry, { readonly kind: 'file' }>,
  fetch: Fetch,
  onChecked: () => void,
): Promise<CodedError | null> {
  try {
    await writer.beginFile(name, hasHoles);
    let unchecked = 0;
    for await (const bytes of bytesOf(content, fetch)) {
      await writer.data(bytes);
      unchecked += bytes.length;
      if (unchecked < TREES_CHECK_BYTES_MAX) continue;
      unchecked = 0;
      await writer.check();
      onChecked();
    }
    return null;
  } catch (error) {
    if (!isLost(error)) throw error;
    await writer.dropFile();
    return error;
  }
}

/** The next entry of a directory; null at its end, or where the rest of it has been lost. */
export async function nextEntry(
  entries: AsyncGenerator<Entry, void>,
  folder: Uint8Array,
  problems: Problems,
): Promise<Entry | null> {
  try {
    return (await entries.next()).value ?? null;
  } catch (error) {
    if (!isLost(error)) throw error;
    problems.add('content_lost', folder, `what else was in this directory is lost: ${error.message}`);
    return null;
  }
}
