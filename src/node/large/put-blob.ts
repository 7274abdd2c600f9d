import { CodedError } from '../../base/errors.ts';
import { BlobWriter } from '../../chunks/content-writer.ts';
import type { BlobRoot } from '../../chunks/list-writer.ts';
import type { ChunkImport, ImportCounts } from '../../chunks/ports.ts';
import { chunkerFor } from '../../format/chunkers/cut.ts';
import type { ChunkerProfile } from '../../format/chunkers/profile.ts';
import type { Chunks } from '../../store/chunks/store.ts';

export interface PutOptions {
  readonly profile: ChunkerProfile;
  readonly signal: AbortSignal;
  /** Told after each piece, with the bytes so far. */
  readonly onBytes: (bytes: number) => void;
  /** Runs while the lease still holds what was put. */
  readonly keep: (root: BlobRoot | null) => void;
}

export interface Put {
  /** null: a blob without bytes. */
  readonly root: BlobRoot | null;
  readonly counts: ImportCounts;
}

/**
 * Stores a stream. One that is stopped leaves its chunks, until a collection: a rerun finds them and goes on.
 * @param pieces of at most `CHUNKER_BLOCK_BYTES`, each lent until the next is asked for.
 * @throws the reason of the signal; the codes of `ChunkImport.room`.
 */
export async function putBlob(store: Chunks, pieces: AsyncIterable<Uint8Array>, options: PutOptions): Promise<Put> {
  const importing = store.beginImport('blob put');
  try {
    const root = await flushedWhenCut(importing, options.signal, () => cut(importing, pieces, options));
    await importing.flush();
    options.keep(root);
    return { root, counts: importing.counts };
  } finally {
    importing.end();
  }
}

async function cut(importing: ChunkImport, pieces: AsyncIterable<Uint8Array>, options: PutOptions) {
  const writer = new BlobWriter(chunkerFor(options.profile), importing);
  let bytes = 0;
  for await (const piece of pieces) {
    options.signal.throwIfAborted();
    writer.push(piece);
    await importing.room();
    bytes += piece.length;
    options.onBytes(bytes);
  }
  return writer.end();
}

/** Makes durable what has been told by the time that `task` is stopped, so that a rerun has less to do. */
export async function flushedWhenCut<T>(
  importing: ChunkImport,
  signal: AbortSignal,
  task: () => Promise<T>,
): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (signal.aborted) await importing.flush();
    throw error;
  }
}

/** @throws no_profile. */
export function profileOf({ profiles }: Pick<Chunks, 'profiles'>, name: string): ChunkerProfile {
  const profile = profiles[name];
  if (profile !== undefined) return profile;
  throw new CodedError('no_profile', `this mesh has no profile ${JSON.stringify(name)}`, {
    fields: { profile: name },
    advice: `It has ${Object.keys(profiles).join(', ')}.`,
  });
}
