import { CodedError } from '../../base/errors.ts';
import type { ChunksFile } from './file.ts';
import type { MetaRow } from './rows.ts';
import type { SpaceLimits } from './space.ts';

/** A store in figures. Bytes of `raw` are those of chunks, of `stored` those of packs, of `file` those of the database. */
export interface ChunksStat {
  readonly path: string;
  /** Grows by one with each collection. */
  readonly epoch: number;
  /** Whether a collection has begun and not ended. */
  readonly isCollecting: boolean;
  readonly chunks: number;
  readonly rawBytes: number;
  readonly packs: number;
  readonly storedBytes: number;
  readonly fileBytes: number;
  /** Of these, those that a collection has freed inside the file. */
  readonly spareBytes: number;
  readonly roots: number;
  readonly leases: number;
  readonly quarantined: number;
  readonly quotaBytes: number | null;
  readonly freeBytes: number;
  readonly freeBytesMin: number;
}

/** Costs the same for a store of any size. */
export function statOf({ database, path, read }: ChunksFile, limits: SpaceLimits): ChunksStat {
  const numberOf = (sql: string) => database.prepare<[], number>(sql).pluck().get() ?? 0;
  const countOf = (table: string) => numberOf(`SELECT count(*) FROM ${table}`);
  return read(() => {
    const meta = database.prepare<[], MetaRow>('SELECT * FROM meta').get();
    if (meta === undefined) throw new CodedError('chunks_damaged', `${path} has lost its first row`);
    const pageBytes = numberOf('PRAGMA page_size');
    return {
      path,
      epoch: meta.epoch,
      isCollecting: meta.collecting !== null,
      chunks: meta.chunks,
      rawBytes: meta.raw_bytes,
      packs: meta.packs,
      storedBytes: meta.stored_bytes,
      fileBytes: numberOf('PRAGMA page_count') * pageBytes,
      spareBytes: numberOf('PRAGMA freelist_count') * pageBytes,
      roots: countOf('root'),
      leases: countOf('lease'),
      quarantined: countOf('quarantine'),
      quotaBytes: limits.quotaBytes,
      freeBytes: limits.freeBytes(),
      freeBytesMin: limits.freeBytesMin,
    };
  });
}
