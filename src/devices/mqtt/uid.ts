import { type Credential, isRandomUid } from '../credential.ts';
import { type MqttHeard, type MqttMessage, refused } from './message.ts';

/** What cards a reader reads; the text of a UID does not say it. */
export type UidFamily = 'em4100' | 'iso14443a';

/** Hex digits, two a byte. */
const DIGITS: Readonly<Record<UidFamily, readonly number[]>> = { em4100: [6, 8, 10], iso14443a: [8, 14, 20] };

/**
 * A badge with the UID that `text` spells in hex, its bytes together or all parted by one of `-`, `:` and space.
 * Refused: another length than the family has, so a byte printed without its leading zero too, for that is another
 * card's number; 0 and what a phone makes up; and a retained message, for nobody holds a card to the reader now.
 */
export function badgeOf(text: unknown, family: UidFamily, { isRetained }: MqttMessage): MqttHeard {
  if (isRetained) return refused('retained');
  if (typeof text !== 'string' || !/^[0-9a-f]{2}([-: ]?)[0-9a-f]{2}(?:\1[0-9a-f]{2})*$/i.test(text)) {
    return refused('bad_uid');
  }
  const digits = text.replace(/[-: ]/g, '');
  if (!DIGITS[family].includes(digits.length)) return refused('bad_uid');
  const value = BigInt(`0x${digits}`);
  if (value === 0n) return refused('zero_uid');
  if (family === 'iso14443a' && isRandomUid(digits.length * 4, value)) return refused('random_uid');
  const credential: Credential = { family, bits: digits.length * 4, value };
  return { type: 'badge', credential };
}
