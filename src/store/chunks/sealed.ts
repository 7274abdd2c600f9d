import type { Coded } from './coding.ts';

export interface ToldChunk {
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What one transaction takes of a queue: chunks that are here and have to be touched, then a pack of new ones. */
export interface Sealed {
  readonly touched: readonly ToldChunk[];
  readonly members: readonly { readonly digest: Uint8Array; readonly length: number }[];
  /** Its raw bytes; it may be longer. */
  readonly raw: Buffer;
  readonly rawBytes: number;
  /** null while it is being compressed. */
  coded: Coded | null;
}
