import { type Fetch, readBlob } from '../chunks/blob-reader.ts';
import type { Content } from '../chunks/tree/entry.ts';

export function lengthOf(content: Content): number {
  return 'inline' in content ? content.inline.length : content.length;
}

/** The bytes of a content, each checked. @throws chunk_missing, chunk_rotten, list_form. */
export async function* bytesOf(content: Content, fetch: Fetch): AsyncGenerator<Uint8Array> {
  if ('inline' in content) yield content.inline;
  else yield* readBlob(content, { from: 0, to: content.length }, fetch);
}
