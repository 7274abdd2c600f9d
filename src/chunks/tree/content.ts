import { equalBytes } from '../../base/bytes.ts';
import { type Fetch, readBlob } from '../blob-reader.ts';
import type { Content, Entry } from './entry.ts';
import { entriesOf } from './entry-stream.ts';

/** What reading a directory asks for: the stream of its entries. */
export interface Directory {
  readonly content: Content;
}

export function contentLength(content: Content): number {
  return 'inline' in content ? content.inline.length : content.length;
}

/** Whether both are the same bytes: the same stream is always kept in the same way, by one profile. */
export function equalContent(a: Content, b: Content): boolean {
  if ('inline' in a) return 'inline' in b && equalBytes(a.inline, b.inline);
  return !('inline' in b) && a.length === b.length && equalBytes(a.digest, b.digest);
}

/** @throws chunk_missing, chunk_rotten, list_form. */
export async function* readContent(content: Content, fetch: Fetch): AsyncGenerator<Uint8Array> {
  if ('inline' in content) yield content.inline;
  else yield* readBlob(content, { from: 0, to: content.length }, fetch);
}

/** What lies in one directory, in the order of the names. @throws as `readContent`; entry_form, directory_form. */
export function entriesIn({ content }: Directory, fetch: Fetch): AsyncGenerator<Entry> {
  return entriesOf(readContent(content, fetch));
}
