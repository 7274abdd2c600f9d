import type { Clock, Randomness } from '../base/ports.ts';
import { BOOT_BYTES, type EncodedBlock, encodeBlock, LIFE_BYTES } from '../format/block.ts';
import type { SigningKey } from '../format/ed25519.ts';
import type { BlockId } from '../format/ids.ts';
import { sealBlock } from '../format/sealed.ts';
import { type Draft, type Place, writeBlock, writeEntries } from '../ledger/authoring.ts';
import type { Arriving } from '../store/arriving.ts';

interface FirstParts {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly boot: Uint8Array;
}

interface FirstBlocks {
  /** Id of the root. */
  readonly mesh: BlockId;
  /** In the order in which they are appended. */
  readonly arriving: readonly Arriving[];
}

/**
 * The root block and the founder's second one, with the first two lists of drafts; with the third, if there are any,
 * the first block of the console whose key the second has made known.
 */
export function writeFirstBlocks(
  { clock, randomness, boot }: FirstParts,
  keys: { readonly founder: SigningKey; readonly console: SigningKey },
  [rootDrafts, founderDrafts, consoleDrafts]: readonly [readonly Draft[], readonly Draft[], readonly Draft[]],
): FirstBlocks {
  const author = keys.founder.publicKey;
  const life = randomness.bytes(LIFE_BYTES);
  const time = { ...clock.now(), boot: boot.subarray(0, BOOT_BYTES), monotonicMs: clock.monotonicMs() };
  const { entries, bodies } = writeEntries(rootDrafts, randomness);
  const nothing = { mesh: null, branch: null, prev: null, base: null, parents: [], height: 0 };
  const root: EncodedBlock = encodeBlock({ ...nothing, author, life, seq: 0, time, entries });
  const mesh = root.id;
  const place: Place = { mesh, base: mesh, heads: [], prev: { id: mesh, life, seq: 0 }, heightMax: 0 };
  const second = writeBlock(place, { author, life }, founderDrafts, time, randomness);
  const arriving = [
    { encoded: root, sealed: sealBlock(root, bodies, keys.founder), pulses: [] },
    { encoded: second.encoded, sealed: sealBlock(second.encoded, second.bodies, keys.founder), pulses: [] },
  ];
  if (consoleDrafts.length === 0) return { mesh, arriving };
  const after: Place = {
    mesh,
    base: mesh,
    heads: [second.encoded.id],
    prev: null,
    heightMax: second.encoded.block.height,
  };
  const writer = { author: keys.console.publicKey, life: randomness.bytes(LIFE_BYTES) };
  const third = writeBlock(after, writer, consoleDrafts, time, randomness);
  const sealed = sealBlock(third.encoded, third.bodies, keys.console);
  return { mesh, arriving: [...arriving, { encoded: third.encoded, sealed, pulses: [] }] };
}
