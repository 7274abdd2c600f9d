/** Rows of `chunks.db` as SQLite gives them; `schema-1.ts` says what they mean. */

export interface MetaRow {
  readonly epoch: number;
  readonly collecting: number | null;
  readonly floor: number | null;
  readonly profiles: string;
  readonly scrubbed: number;
  readonly packs: number;
  readonly stored_bytes: number;
  readonly chunks: number;
  readonly raw_bytes: number;
}

export interface PackRow {
  readonly id: number;
  readonly coding: number;
  readonly raw_bytes: number;
  readonly stored_bytes: number;
  readonly members: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface ChunkRow {
  readonly digest: Uint8Array;
  readonly pack: number;
  readonly at: number;
  readonly length: number;
  readonly epoch: number;
}

export interface RootRow {
  readonly kind: string;
  readonly name: string;
  readonly target: string;
  readonly digest: Uint8Array | null;
  readonly height: number | null;
  readonly length: number | null;
  readonly added_ms: number;
  readonly note: string;
}
