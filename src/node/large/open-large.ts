import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CHUNKS_FREE_BYTES_MIN } from '../../base/limits-chunks.ts';
import { type Chunks, openChunks } from '../../store/chunks/store.ts';
import { freeBytesOf } from '../../store/disk-space.ts';
import { requireSpace } from '../space-folder.ts';
import { systemClock } from '../system.ts';
import { parseSize } from './size.ts';

/** As a root block has them. */
export type ProfilesForm = Readonly<Record<string, unknown>>;

/** Where the large things of a space lie. */
function chunksPath(folder: string): string {
  return join(folder, 'chunks.db');
}

/**
 * Opens the store of a space, within the limits of its blockmesh.toml.
 * @param profilesOf asks the ledger how this mesh cuts; only for a store that is not there yet.
 * @throws space_missing; the codes of `readConfig` and `openChunks`.
 */
export async function openSpaceChunks(folder: string, profilesOf: () => Promise<ProfilesForm>): Promise<Chunks> {
  requireSpace(folder);
  // A store of its own has no use for what checks a file of settings.
  const { readConfig } = await import('../read-config.ts');
  const { quota, low_space } = readConfig(folder).chunks;
  const path = chunksPath(folder);
  const isNew = !existsSync(path);
  return openChunks({
    path,
    mayCreate: isNew,
    profiles: isNew ? await profilesOf() : null,
    clock: systemClock('trusted'),
    limits: {
      quotaBytes: quota === undefined ? null : parseSize(quota),
      freeBytesMin: Math.max(parseSize(low_space), CHUNKS_FREE_BYTES_MIN),
      freeBytes: () => freeBytesOf(folder),
    },
  });
}

/** A store of its own, such as one on a stick, which no space knows of. @throws the codes of `openChunks`. */
export function openOwnChunks(path: string): Chunks {
  return openChunks({ path, mayCreate: false, profiles: null, clock: systemClock('trusted') });
}

/** @returns whether it was made: one that is there stays as it is. @throws the codes of `openChunks`. */
export function initOwnChunks(path: string, profiles: ProfilesForm): boolean {
  const isNew = !existsSync(path);
  openChunks({ path, mayCreate: isNew, profiles: isNew ? profiles : null, clock: systemClock('trusted') }).close();
  return isNew;
}
