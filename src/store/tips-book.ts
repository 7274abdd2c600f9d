import { fromHex, toHex } from '../base/bytes.ts';
import type { BlockId } from '../format/ids.ts';

/** The heads and the last block of each author, as they are after one block. */
export interface TipsBook {
  /** Of the last block; 0: there is none. */
  arrival: number;
  id: BlockId;
  readonly heads: Map<BlockId, HeadTip>;
  /** By the author's key in hex. */
  readonly authors: Map<string, AuthorTip>;
}

export interface HeadTip {
  readonly arrival: number;
  readonly height: number;
}

export interface AuthorTip {
  readonly id: BlockId;
  readonly height: number;
  readonly life: Uint8Array;
  readonly seq: number;
}

interface Kept {
  readonly arrival: number;
  readonly id: BlockId;
  readonly heads: readonly (readonly [BlockId, HeadTip])[];
  readonly authors: readonly (readonly [string, Omit<AuthorTip, 'life'> & { readonly life: string }])[];
}

export function noTips(): TipsBook {
  return { arrival: 0, id: '', heads: new Map(), authors: new Map() };
}

/** As JSON. */
export function printTips({ arrival, id, heads, authors }: TipsBook): string {
  const kept: Kept = {
    arrival,
    id,
    heads: [...heads],
    authors: [...authors].map(([key, tip]) => [key, { ...tip, life: toHex(tip.life) }]),
  };
  return JSON.stringify(kept);
}

/** @param text what `printTips` gave, known to be unchanged. */
export function parseTips(text: string): TipsBook {
  const { arrival, id, heads, authors } = JSON.parse(text) as Kept;
  return {
    arrival,
    id,
    heads: new Map(heads),
    authors: new Map(authors.map(([key, tip]) => [key, { ...tip, life: fromHex(tip.life) }])),
  };
}
