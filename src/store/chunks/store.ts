import { dirname } from 'node:path';
import { CHUNKS_FREE_BYTES_MIN } from '../../base/limits-chunks.ts';
import type { Clock } from '../../base/ports.ts';
import type { ChunkImport, ChunkStore } from '../../chunks/ports.ts';
import { freeBytesOf } from '../disk-space.ts';
import { Copies } from './copies.ts';
import { type ChunksFile, openChunksFile } from './file.ts';
import { StoreImport } from './import.ts';
import { Leases } from './leases.ts';
import { PackWriter } from './pack-writer.ts';
import { type Profiles, profilesText, storedProfiles } from './profiles.ts';
import { Quarantine } from './quarantine.ts';
import { ChunkReader } from './reader.ts';
import { StoreRoots } from './roots.ts';
import { beginSeenWalk, type SeenWalk } from './seen.ts';
import { Space, type SpaceLimits } from './space.ts';
import { type ChunksStat, statOf } from './stat.ts';

export interface ChunksOptions {
  readonly path: string;
  /** Whether a file may be made where there is none; then `profiles` are needed. */
  readonly mayCreate: boolean;
  /** Those of the mesh, in the form of its root block; null: whichever the store was made with. */
  readonly profiles: Readonly<Record<string, unknown>> | null;
  readonly clock: Clock;
  /** What is left out is unlimited, `CHUNKS_FREE_BYTES_MIN`, and what the disk of the file has free. */
  readonly limits?: Partial<SpaceLimits>;
}

/** A store of large things on disk. To be closed. */
export interface Chunks extends ChunkStore {
  /** For what works on the tables themselves: a collection, a scrub. */
  readonly file: ChunksFile;
  readonly profiles: Profiles;
  readonly copies: Copies;
  /** @param purpose for people who ask what a lease is for. */
  beginImport(purpose?: string): ChunkImport;
  /** @param source what the folder goes by, from one time to the next. */
  beginSeenWalk(source: string): SeenWalk;
  stat(): ChunksStat;
  close(): void;
}

/**
 * Opens the chunk store at `path`; several processes may have it open.
 * @throws chunks_missing, chunks_foreign, chunks_newer, chunks_damaged, chunks_profiles, chunks_locked,
 * chunks_unwritable, chunks_full, chunks_io; chunker_form.
 */
export function openChunks(options: ChunksOptions): Chunks {
  const { path, mayCreate, clock } = options;
  const wanted = options.profiles === null ? null : profilesText(options.profiles);
  const file = openChunksFile({ path, newProfiles: mayCreate ? wanted : null });
  try {
    const profiles = file.read(() => storedProfiles(file, wanted));
    const limits: SpaceLimits = {
      quotaBytes: null,
      freeBytesMin: CHUNKS_FREE_BYTES_MIN,
      freeBytes: () => freeBytesOf(dirname(path)),
      ...options.limits,
    };
    return chunksOf(file, { profiles, limits, clock });
  } catch (error) {
    file.close();
    throw error;
  }
}

interface Opened {
  readonly profiles: Profiles;
  readonly limits: SpaceLimits;
  readonly clock: Clock;
}

function chunksOf(file: ChunksFile, { profiles, limits, clock }: Opened): Chunks {
  const packs = new PackWriter(file);
  const leases = new Leases(file, clock);
  const reader = new ChunkReader(file, new Quarantine(file, () => clock.now().wallMs));
  const get = (digest: Uint8Array) => reader.get(digest);
  const parts = { file, packs, leases, clock, fetch: get, space: new Space(file, limits) };
  return {
    file,
    profiles,
    get,
    roots: new StoreRoots(file, packs, leases),
    copies: new Copies(file),
    beginImport: (purpose = 'import') => new StoreImport(parts, purpose),
    beginSeenWalk: (source) => beginSeenWalk(file, source),
    stat: () => statOf(file, limits),
    close: () => file.close(),
  };
}
