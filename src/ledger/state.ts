import type { Json } from '../base/json.ts';

/** The state of every dapp, as one entry sees it. Keys are ordered by their UTF-8 bytes. */
export interface StateReader {
  /** The value, or null where there is none; null itself is never a value. */
  read(dapp: string, key: string): Json | null;
  /** Rows whose key starts with `prefix` and comes after `after` (null: from the start), in order. */
  scan(dapp: string, prefix: string, after: string | null, limit: number): StatePage;
}

export interface StateRow {
  readonly key: string;
  readonly value: Json;
}

export interface StatePage {
  readonly rows: readonly StateRow[];
  /** Whether rows follow the last one given. */
  readonly more: boolean;
}

/** One change of a dapp's own state; a null value removes the key. */
export interface StateWrite {
  readonly key: string;
  readonly value: Json | null;
}
