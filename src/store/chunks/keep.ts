import { partsOfBlob } from '../../chunks/blob-parts.ts';
import type { Fetch } from '../../chunks/blob-reader.ts';
import type { BlobRoot } from '../../chunks/list-writer.ts';
import { asFinding } from '../../chunks/live-finding.ts';
import type { ChunksFile } from './file.ts';
import type { Lease, Leases } from './leases.ts';
import type { PackWriter } from './pack-writer.ts';

export interface KeepParts {
  readonly file: ChunksFile;
  readonly packs: PackWriter;
  readonly leases: Leases;
  readonly fetch: Fetch;
}

/**
 * Says of all parts of a blob that they are needed, a list after its parts. Chunks are not read: only looked for. That a list
 * is of this epoch says nothing of its parts: a file that holds the bytes of that list brings it alone.
 * @returns false when one is absent, or a list is not what it should be. @throws lease_lost.
 */
export async function keepBlob(root: BlobRoot, lease: Lease, parts: KeepParts): Promise<boolean> {
  const { fetch } = parts;
  try {
    for await (const digests of partsOfBlob(root, fetch)) {
      if (!touchAll(digests, lease, parts)) return false;
    }
    return true;
  } catch (error) {
    // Not here, or not as whoever remembers it says: then it is told anew.
    asFinding(error);
    return false;
  }
}

function touchAll(digests: readonly Uint8Array[], lease: Lease, { file, packs, leases }: KeepParts): boolean {
  const epochs = file.read(() => digests.map((digest) => packs.epochOf(digest)));
  if (epochs.includes(null)) return false;
  const old = digests.filter((_, index) => (epochs[index] ?? 0) < lease.epoch);
  if (old.length === 0) return true;
  return file.write(() => {
    leases.require(lease);
    return old.every((digest) => packs.touch(digest, lease.epoch));
  });
}
