import { assert } from './assert.ts';
import { DISK_FREE_BYTES_MIN } from './limits.ts';

/** Caps of large things: chunks, blobs, snapshots and their store. */

export const CHUNK_BYTES_MAX = 256 * 1024;
/** So much of a stream is handed to a chunker at once. */
export const CHUNKER_BLOCK_BYTES = 1024 * 1024;

export const BLOB_BYTES_MAX = 2 ** 40;
/** Parts of a list, but for the last of a height. */
export const LIST_PARTS_MIN = 64;
export const LIST_PARTS_MAX = 1024;
export const LIST_BYTES_MAX = 64 * 1024;
export const LIST_HEIGHT_MAX = 8;

assert(LIST_BYTES_MAX <= CHUNK_BYTES_MAX, 'a list is kept as a chunk is');
/** A digest, and a length of up to nine bytes. */
const PART_BYTES_MAX = 32 + 9;
assert(LIST_PARTS_MAX * PART_BYTES_MAX + 64 <= LIST_BYTES_MAX, 'the longest list has room');

/** As Linux has it. */
export const NAME_IN_TREE_BYTES_MAX = 255;
export const SYMLINK_BYTES_MAX = 4095;
export const TREE_DEPTH_MAX = 256;
/** A stream of so many bytes lies in the entry itself: what is larger is not stored again where only its entry changed. */
export const INLINE_BYTES_MAX = 512;
export const ENTRY_ATTRIBUTES_MAX = 256;
/** Linux lets a file have attributes of 64 KiB. */
export const ENTRY_BYTES_MAX = 128 * 1024;

assert(TREE_DEPTH_MAX * (NAME_IN_TREE_BYTES_MAX + 1) <= ENTRY_BYTES_MAX, 'a hard link to the deepest file has room');
export const DIRECTORY_ENTRIES_MAX = 10_000_000;

/** Of life and death: lists and directories that a check keeps in mind as sound; some 80 bytes each. */
export const SOUND_PARTS_MAX = 131_072;
/** What a collection marks in one transaction: it holds the lock for some 0.1 s, on a slow board for a second. */
export const MARKS_IN_TRANSACTION_MAX = 8_192;
/** What it gathers and sorts before: so many marks lie close together, and a page is not written for each of them. */
export const MARKS_GATHERED_MAX = 131_072;
/** Packs that a collection looks at in one transaction, and those that it takes away or writes anew. */
export const SWEPT_PACKS_SEEN_MAX = 256;
export const SWEPT_PACKS_GONE_MAX = 16;
/** Rows of dead chunks that it takes away in one transaction; of packs that stay, there may be many. */
export const SWEPT_CHUNKS_MAX = 16_384;
/** By how much a transaction of a collection becomes smaller each time the disk is full, and at most. */
export const TIGHT_DIVISOR_STEP = 8;
export const TIGHT_DIVISOR_MAX = 512;
/** Kept free beside a store, for a collection on a full disk. */
export const CHUNKS_RESERVE_BYTES = 4 * 1024 * 1024;
/** Pages that are given back to the disk in one transaction. */
export const FREED_PAGES_MAX = 1_024;
/** Between two transactions of a collection others have their turn. */
export const COLLECT_PAUSE_MS = 10;
/** What is wrong with the roots is told of so many chunks; the rest is counted. */
export const FAULTS_TOLD_MAX = 1_000;
/** Packs that are read again before it is noted how far that has come. */
export const SCRUBBED_PACKS_MAX = 64;

/** Of what keeps a large thing alive: its name, and what whoever set it notes beside it. */
export const ROOT_NAME_CHARACTERS_MAX = 255;
export const ROOT_NOTE_BYTES_MAX = 16 * 1024;

/** The most that the rule of copies may ask for: a mesh has a few tens of boards. */
export const COPIES_LEAST_MAX = 64;

/** The store of chunks. */

/** So many raw bytes of chunks are compressed as one, and read as one. */
export const PACK_BYTES_MAX = 1024 * 1024;
export const PACK_CHUNKS_MAX = 1024;
/** How long a transaction waits for that of another process. A slow card takes seconds for a batch of packs. */
export const CHUNKS_LOCK_WAIT_MS_MAX = 60_000;
/** A lease that was not renewed for so long is not honoured any more. */
export const LEASE_MS_MAX = 10 * 60_000;
export const LEASE_RENEW_MS = 60_000;
/** SQLite's log, once it was written back; it grows to about half of it before. */
export const CHUNKS_LOG_BYTES_MAX = 64 * 1024 * 1024;
/** Packs of one import that are being compressed or wait for their transaction, each with its raw bytes. */
export const IMPORT_PACKS_MAX = 8;
/** Of these, those that threads compress at the same time, each with some 4 MiB of its own. */
export const IMPORT_COMPRESSIONS_MAX = 3;
/** Packs written in one transaction: each costs two syncs of the disk. */
export const IMPORT_BATCH_PACKS_MAX = 4;
/** Bytes held of chunks that are here and have yet to be said to be needed. */
export const IMPORT_TOUCHED_BYTES_MAX = 1024 * 1024;
/** Digests that an import remembers having settled, in each of two generations. */
export const IMPORT_KNOWN_MAX = 16 * 1024;
/** Unpacked packs kept for the next read. */
export const READ_CACHE_BYTES_MAX = 16 * 1024 * 1024;
/** A lease that ran out so long ago is that of a process that died. */
export const LEASE_FORGET_MS = 24 * 3_600_000;
export const LEASE_PURPOSE_CHARACTERS_MAX = 255;
/** What a disk keeps free of large things; the ledger goes on below. */
export const CHUNKS_FREE_BYTES_MIN = 256 * 1024 * 1024;
/** Rows written in one transaction to tables that hold a row for each file. */
export const SEEN_BATCH_ROWS_MAX = 4_096;
assert(SWEPT_CHUNKS_MAX >= PACK_CHUNKS_MAX, 'a pack goes in one transaction');
/** Each mark, and each row that goes, may lie on a page of its own, of 8 KiB and the header of a frame. */
const TIGHT_ROWS_MAX = Math.max(MARKS_IN_TRANSACTION_MAX, SWEPT_CHUNKS_MAX) / TIGHT_DIVISOR_MAX;
assert(2 * TIGHT_ROWS_MAX * (8192 + 24) <= CHUNKS_RESERVE_BYTES, 'the smallest transaction fits the reserve');
assert(IMPORT_BATCH_PACKS_MAX <= IMPORT_PACKS_MAX, 'a whole batch can wait');
assert(IMPORT_PACKS_MAX * PACK_CHUNKS_MAX <= IMPORT_KNOWN_MAX, 'what waits to be written is remembered');
assert(
  DISK_FREE_BYTES_MIN + 2 * CHUNKS_LOG_BYTES_MAX <= CHUNKS_FREE_BYTES_MIN,
  'the log of chunks leaves room for the ledger',
);
assert(CHUNK_BYTES_MAX <= PACK_BYTES_MAX, 'a chunk fits in a pack');
assert(3 * LEASE_RENEW_MS <= LEASE_MS_MAX, 'a lease outlives a renewal that came late');
/** Of walks over trees, and of tar. A directory may be there many times: what a walk meets is not bounded by what is kept. */
export const TREE_ENTRIES_MAX = 100_000_000;
/** An extended header, or a long name of GNU tar. */
export const TAR_HEADER_BYTES_MAX = 1024 * 1024;
/** Runs of data in a file with holes; what comes after them is written as data, and refused when read. */
export const TAR_SPARSE_RUNS_MAX = 64 * 1024;
/** A file with holes is laid out without its aligned blocks of zeros. */
export const HOLE_BLOCK_BYTES = 4096;
/** What may follow the end of an archive: GNU tar fills its last record. */
export const TAR_TRAILER_BYTES_MAX = 16 * 1024 * 1024;
/** Entries and small files of an archive that is read, kept aside on disk until they are sorted. */
export const TAR_SHELF_BYTES_MAX = 16 * 1024 ** 3;
/** So much of an archive is handed on at once. */
export const TAR_PIECE_BYTES = 64 * 1024;
/** Keywords of an archive that were passed over, each told once. */
export const TAR_PASSED_OVER_MAX = 64;

assert(TAR_HEADER_BYTES_MAX >= 4 * ENTRY_BYTES_MAX, 'path, link and attributes of an entry fit an extended header');
/** Trees read and written by `blockmesh-trees`; its own caps stand in src/trees/native/limits.h. */

export const TREES_FRAME_BYTES_MAX = 1024 * 1024;
/** Of a file, in one frame. */
export const TREES_DATA_BYTES_MAX = 256 * 1024;
/** Requests are gathered up to so many bytes before they are sent. */
export const TREES_SEND_BYTES_MAX = 128 * 1024;
/** Requests to write that have not been answered. */
export const TREES_UNANSWERED_MAX = 1024;
/** While a file is written, it is asked after so many bytes whether that goes well. */
export const TREES_CHECK_BYTES_MAX = 32 * 1024 * 1024;
/** Files with several names of which not all were found yet. */
export const TREES_LINKED_MAX = 1024 * 1024;
/** Of what went wrong with single files so much is told; the rest is counted. */
export const TREE_PROBLEMS_MAX = 1000;
/** What a snapshot may bring, unless whoever restores it says otherwise. */
export const RESTORE_ENTRIES_MAX = 100_000_000;

/** Of commands: findings and problems that a person is shown; the rest is counted. */
export const FAULTS_SHOWN_MAX = 100;
export const BACKUP_SETS_MAX = 256;
export const BACKUP_FOLDERS_MAX = 64;
export const BACKUP_EXCLUDES_MAX = 1024;
