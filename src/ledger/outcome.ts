import type { Json } from '../base/json.ts';
import type { ClockReading } from '../base/ports.ts';
import type { EntryRef } from '../format/block.ts';
import type { BlockId } from '../format/ids.ts';
import type { StateWrite } from './state.ts';

/** One entry on its way through the fold. */
export interface EntryCall {
  readonly dapp: string;
  readonly ver: string;
  readonly kind: string;
  readonly re: { readonly block: BlockId; readonly index: number } | null;
  readonly body: Json;
  readonly block: BlockId;
  readonly index: number;
  readonly author: Author;
  /** Sorted. */
  readonly roles: readonly string[];
  /** The merge's time once merged; this node's time while pending. */
  readonly at: ClockReading;
}

/** Whose key signed: a person's (then `principal`), or a board's (then only `node`). */
export interface Author {
  /** 64 hex digits. */
  readonly key: string;
  readonly principal: string | null;
  /** Key of the board: its own, or the one a person's key was made for; null for a key bound to no board. */
  readonly node: string | null;
}

/**
 * What became of an entry; `erased` names those whose bodies it takes away. A refused fact still happened: it stays in the log with the code beside it.
 */
export type Outcome =
  | { readonly ok: true; readonly writes: readonly StateWrite[]; readonly erased?: readonly EntryRef[] }
  | { readonly ok: false; readonly code: string; readonly message: string };

export function refused(code: string, message: string): Outcome {
  return { ok: false, code, message };
}
