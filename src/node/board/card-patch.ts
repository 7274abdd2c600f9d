import type { JsonObject } from '../../base/json.ts';
import type { TextRange } from '../toml.ts';
import type { CardNote } from './card-note.ts';
import type { BoardSettings, DoorOrder, NetworkSettings, SpaceOrders, WifiSettings } from './settings.ts';

/** Bytes of a file on the card, and the text of the same length that takes their place. */
export interface Mask extends TextRange {
  readonly text: string;
}

/** What one file of the card says. A key that it does not have stays as it was. */
export interface CardPatch {
  readonly board: BoardSettings['board'];
  readonly wifi: WifiSettings & { readonly open?: boolean };
  readonly network: NetworkSettings & { readonly dhcp?: boolean };
  readonly ssh: BoardSettings['ssh'];
  readonly space: SpaceOrders;
  readonly door: Readonly<Record<string, DoorOrder>>;
  readonly node: JsonObject;
  /** What has to go from the card once the board keeps it. */
  readonly masks: readonly Mask[];
  readonly notes: readonly CardNote[];
  /** Line (from 1) of a key, for whoever finds fault with it later. */
  lineOf(path: readonly string[]): number;
}

export const NO_PATCH: CardPatch = Object.freeze({
  board: {},
  wifi: {},
  network: {},
  ssh: {},
  space: {},
  door: {},
  node: {},
  masks: [],
  notes: [],
  lineOf: () => 1,
});

/** What stands on the card for something that the board keeps. */
export const MASK = '....';

export function isMasked(value: string | undefined): boolean {
  return value !== undefined && /^\.+$/.test(value);
}

/** A mask over `range`; none where `text` is longer, for then nothing can be hidden there. */
export function maskOver(range: TextRange | null, text: string): readonly Mask[] {
  if (range === null || range.end - range.start < text.length) return [];
  return [{ ...range, text: text.padEnd(range.end - range.start) }];
}
