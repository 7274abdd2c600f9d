import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { hashPin } from '../../devices/pin.ts';
import type { HashedView } from '../hashed-views.ts';
import type { Space } from '../space.ts';
import { MEMBERSHIP } from './people.ts';

/**
 * The hashes of a PIN for each view of a badge, as `pin.set` wants them: a reader may see any of the views.
 * @throws pin_unreadable; badge_key_missing when the badge was enrolled under a key this board does not have.
 */
export function pinViews(space: Space, member: string, badge: string, pin: string): readonly JsonObject[] {
  const held = space.state.read(MEMBERSHIP, `held/${member}/${badge}`);
  const views = isJsonObject(held) && Array.isArray(held.views) ? held.views : [];
  return views.map((view: Json) => {
    const { epoch, bits, hash } = view as unknown as HashedView;
    const key = space.badgeKeys.find((one) => one.epoch === epoch)?.key;
    if (key === undefined) {
      throw new CodedError('badge_key_missing', `badge ${badge} was enrolled under a key that this board lacks`, {
        fields: { badge, epoch },
        advice: 'Restore the ring of badge keys from a backup, or enrol the card again.',
      });
    }
    return { epoch, bits, hash: hashPin(key, hash, pin) };
  });
}
