import { CodedError } from '../../src/base/errors.ts';

/** What an image weighs. */
export interface Sizes {
  /** As it is downloaded. */
  readonly packedBytes: number;
  /** What the root holds of its slot. */
  readonly slotUsedBytes: number;
  /** What the map says has to be written to a card. */
  readonly writtenBytes: number;
  readonly initramfsBytes: number;
}

/** The most that each board's image may weigh: image/sizes.json. */
export type SizeCaps = Readonly<Record<string, Sizes>>;

/** Debian's packages grow by a little now and then: that is no reason to stop a build. */
const ROOM = 1.02;
const GRAIN_BYTES = 1024 * 1024;

/** @throws image_too_large when one of the sizes is above its cap. */
export function checkSizes(board: string, sizes: Sizes, caps: SizeCaps): void {
  const cap = caps[board];
  if (cap === undefined) return;
  const grown = namesOf(sizes).filter((name) => sizes[name] > cap[name]);
  if (grown.length === 0) return;
  const told = grown.map((name) => `${name} ${sizes[name]} of ${cap[name]}`).join(', ');
  throw new CodedError('image_too_large', `the image for ${board} has grown: ${told} bytes`, {
    fields: { board, grown: grown.join(' ') },
    advice: 'see what came in by comparing .packages; where it is worth it, raise image/sizes.json in the same commit',
  });
}

/** The caps with those of a board close above its sizes: they only ever fall. */
export function tightened(board: string, sizes: Sizes, caps: SizeCaps): SizeCaps {
  const held = caps[board];
  const rounded = (name: keyof Sizes): number => Math.ceil((sizes[name] * ROOM) / GRAIN_BYTES) * GRAIN_BYTES;
  const cap = (name: keyof Sizes): number => Math.min(held?.[name] ?? Number.POSITIVE_INFINITY, rounded(name));
  const next = Object.fromEntries(namesOf(sizes).map((name) => [name, cap(name)])) as unknown as Sizes;
  return Object.fromEntries(Object.entries({ ...caps, [board]: next }).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function namesOf(sizes: Sizes): readonly (keyof Sizes)[] {
  return Object.keys(sizes) as (keyof Sizes)[];
}
