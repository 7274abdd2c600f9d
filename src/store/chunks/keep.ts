import { codeOf } from '../../base/errors.ts';
import { partsOfBlob } from '../../chunks/blob-parts.ts';
import type { Fetch } from '../../chunks/blob-reader.ts';
import type { BlobRoot } from '../../chunks/list-writer.ts';
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
 * Says of all parts of a blob that they are needed, a list after its parts. Chunks are not read: only looked for.
 * @returns false when one is absent. @throws lease_lost, list_form.
 */
export async function keepBlob(root: BlobRoot, lease: Lease, parts: KeepParts): Promise<boolean> {
  const { file, packs, fetch } = parts;
  // A list of this epoch has all its parts, unless one of them has rotted since.
  const isSettled = (digest: Uint8Array) =>
    file.read(() => !packs.hasRotten() && (packs.epochOf(digest) ?? 0) >= lease.epoch);
  try {
    for await (const digests of partsOfBlob(root, fetch, isSettled)) {
      if (!touchAll(digests, lease, parts)) return false;
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'chunk_missing') return false;
    throw error;
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
