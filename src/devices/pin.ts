import { createHmac } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { concat, fromHex, utf8 } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { PIN_DIGITS_MAX, PIN_DIGITS_MIN } from '../base/limits.ts';

const PIN_DOMAIN = 'blockmesh/pin/1';
const KEY_BYTES_MIN = 16;

/**
 * The only form in which a PIN is stored or compared: 64 lower-case hex digits of HMAC-SHA-256 under `key` over
 *
 *     "blockmesh/pin/1"  00  view hash (32 bytes)  PIN (4 to 12 digits, ASCII)
 *
 * The hash of the card's view is part of it, so that the same PIN on two cards does not show. Whoever has the key can
 * try all PINs; the key never leaves the boards.
 * @param viewHash as `hashView` gives it, under the same key.
 * @throws pin_unreadable; never tells the PIN.
 */
export function hashPin(key: Uint8Array, viewHash: string, pin: string): string {
  assert(key.length >= KEY_BYTES_MIN, 'a badge key is long enough not to be guessed');
  assert(/^[0-9a-f]{64}$/.test(viewHash), 'a PIN is hashed with the hash of a view');
  if (!/^[0-9]+$/.test(pin) || pin.length < PIN_DIGITS_MIN || pin.length > PIN_DIGITS_MAX) {
    throw new CodedError('pin_unreadable', `a PIN is ${PIN_DIGITS_MIN} to ${PIN_DIGITS_MAX} digits`, {
      fields: { length: pin.length },
    });
  }
  const message = concat(utf8(PIN_DOMAIN), Uint8Array.of(0), fromHex(viewHash), utf8(pin));
  return createHmac('sha256', key).update(message).digest('hex');
}
