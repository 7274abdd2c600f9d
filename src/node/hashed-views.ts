import { type Credential, hashView, viewsOf } from '../devices/credential.ts';
import { hashPin } from '../devices/pin.ts';
import type { BadgeKey } from './key-files.ts';

/** One way a reader sees a card, or what was typed for it: a keyed hash under the badge key `epoch`. */
export type HashedView = { readonly epoch: string; readonly bits: number; readonly hash: string };

/** Every view of the credential under every badge key, newest key first. */
export function hashedViews(credential: Credential, ring: readonly BadgeKey[]): readonly HashedView[] {
  return ring.flatMap(({ epoch, key }) =>
    viewsOf(credential).map((view) => ({ epoch, bits: view.bits, hash: hashView(key, view) })),
  );
}

/**
 * What a keypad beside the reader adds to a card with these views: the PIN, hashed with each of them.
 * @throws pin_unreadable.
 */
export function hashedPins(
  pin: string,
  views: readonly HashedView[],
  ring: readonly BadgeKey[],
): readonly HashedView[] {
  return views.flatMap(({ epoch, bits, hash }) =>
    ring.filter((one) => one.epoch === epoch).map(({ key }) => ({ epoch, bits, hash: hashPin(key, hash, pin) })),
  );
}
