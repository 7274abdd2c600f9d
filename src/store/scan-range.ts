import { compareBytes, utf8 } from '../base/bytes.ts';
import { STATE_KEY_BYTES_MAX } from '../base/limits.ts';

/**
 * After a prefix, this is behind every key that starts with it: more of the last code point there is, of four bytes,
 * than a key has room for.
 */
export const LAST_KEY = '\u{10ffff}'.repeat(STATE_KEY_BYTES_MAX / 4 + 1);

/** Where a scan begins: at `from` itself, or behind it. */
export function scanStart(prefix: string, after: string | null): { from: string; isBehind: boolean } {
  const isInside = after !== null && compareBytes(utf8(after), utf8(prefix)) >= 0;
  return { from: isInside ? after : prefix, isBehind: isInside };
}
