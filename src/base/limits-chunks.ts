/** Caps of large things: chunks, blobs, snapshots and their store. */

export const CHUNK_BYTES_MAX = 256 * 1024;
/** So much of a stream is handed to a chunker at once. */
export const CHUNKER_BLOCK_BYTES = 1024 * 1024;
