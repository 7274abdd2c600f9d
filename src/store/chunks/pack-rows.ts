import { PACK_BYTES_MAX } from '../../base/limits-chunks.ts';
import { MEMBERS_BYTES_MAX } from './members.ts';
import type { PackRow } from './rows.ts';

/** How rows of `pack` are asked for: a value that is longer than any we write is not read into memory, and counts as empty. */

export type CodedRow = Pick<PackRow, 'coding' | 'raw_bytes' | 'bytes'>;

/** By number. */
export const CODED_ROW = `SELECT coding, raw_bytes, iif(length(bytes) <= ${PACK_BYTES_MAX}, bytes, x'') AS bytes
  FROM pack WHERE id = ?`;

export type PackHead = Omit<PackRow, 'bytes'>;

/** The first one after a number, and up to another. */
export const NEXT_HEAD = `SELECT id, coding, raw_bytes, stored_bytes,
    iif(length(members) <= ${MEMBERS_BYTES_MAX}, members, x'') AS members
  FROM pack WHERE id > ? AND id <= ? ORDER BY id LIMIT 1`;
