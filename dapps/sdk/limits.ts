/**
 * The dapp's side of the caps of the line protocol. The node keeps its own (`src/base/limits.ts`), which a dapp
 * cannot import; a test compares the two.
 */

/** Bytes of one line, its newline not counted. */
export const LINE_BYTES_MAX = 1024 * 1024;
/** Calls open at once, counted for each direction apart. */
export const CALLS_PENDING_MAX = 64;
/** Of those, so many are kept for calls that must not wait for others. */
export const CALLS_URGENT_KEPT = 8;
/** Calls that wait for one of those to be answered. */
export const CALLS_QUEUED_MAX = 1024;
/** Rows the node returns from one scan. */
export const SCAN_ROWS_MAX = 256;
/** How deep arrays and objects nest in a message; far below what any JavaScript engine can recurse. */
export const JSON_DEPTH_MAX = 32;
