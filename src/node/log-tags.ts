import { isJsonObject, type Json } from '../base/json.ts';
import { LOG_TAG_BYTES_MAX } from '../base/limits.ts';
import { type LogTags, NO_TAGS } from '../store/fold-commit.ts';

/** What of a body the log can be asked by: its top-level `door`, `member` or `guest`, `second` and `reader`. */
export function tagsOf(body: Json | null): LogTags {
  if (!isJsonObject(body)) return NO_TAGS;
  const member = tagOf(body.member) ?? tagOf(body.guest);
  const second = tagOf(body.second);
  return { door: tagOf(body.door), member, second: second === member ? null : second, reader: tagOf(body.reader) };
}

/** A text too long for an index is asked for by nobody. */
function tagOf(value: Json | undefined): string | null {
  return typeof value === 'string' && Buffer.byteLength(value) <= LOG_TAG_BYTES_MAX ? value : null;
}
