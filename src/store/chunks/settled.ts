import { IMPORT_KNOWN_MAX } from '../../base/limits-chunks.ts';
import { RecentKeys } from '../../chunks/recent-keys.ts';

/** Digests that an import need not think of again: at least the last IMPORT_KNOWN_MAX of them, at most twice as many. */
export class Settled extends RecentKeys {
  constructor() {
    super(IMPORT_KNOWN_MAX);
  }
}

export function keyOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('latin1');
}
