import type { FileLook } from '../chunks/ports.ts';

/** How the reading of one file went. */
export type ContentEnd =
  /** Nothing of it was told. */
  | { readonly isOpened: false; readonly code: number }
  /** `code` 0: all that it had when it was opened, or as much as was left. */
  | { readonly isOpened: true; readonly code: number; readonly before: FileLook; readonly after: FileLook };

/** Given the bytes of a file in their order, lent until what it returns has resolved, or null and how many zeros come now. */
export type OnContent = (bytes: Uint8Array | null, length: number) => Promise<void> | undefined;
