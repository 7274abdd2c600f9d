import { CodedError } from '../base/errors.ts';
import type { Fetch } from './blob-reader.ts';
import { decodeList, type ListPromise } from './list.ts';
import type { BlobRoot } from './list-writer.ts';

/**
 * Digests of a blob's chunks and lists, each list after its parts; those under one list of chunks come together. Chunks
 * are not read.
 * @throws chunk_missing when a list is absent; list_form.
 */
export function partsOfBlob(root: BlobRoot, fetch: Fetch): AsyncGenerator<readonly Uint8Array[]> {
  return partsOf(root.digest, { height: root.height, length: root.length, isTop: true }, fetch);
}

async function* partsOf(digest: Uint8Array, promise: ListPromise, fetch: Fetch): AsyncGenerator<readonly Uint8Array[]> {
  if (promise.height > 0) {
    const bytes = await fetch(digest);
    if (bytes === null) {
      const fields = { digest: Buffer.from(digest).toString('hex') };
      throw new CodedError('chunk_missing', 'a list of it is not here', { fields });
    }
    const { parts } = decodeList(bytes, promise);
    if (promise.height === 1) yield parts.map((part) => part.digest);
    else {
      for (const { digest: part, length } of parts) {
        yield* partsOf(part, { height: promise.height - 1, length, isTop: false }, fetch);
      }
    }
  }
  yield [digest];
}
