import { assert } from '../../base/assert.ts';
import type { WiegandFrame } from './frame.ts';

/** The keys of a keypad, in the order in which their codes are configured. */
const KEYS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#'] as const;
export type Key = (typeof KEYS)[number];

/** What most keypads send: the digits as they are, 10 for the star and 11 for the hash. */
export const KEY_CODES_DEFAULT: readonly number[] = KEYS.map((_, at) => at);

export const KEY_BITS = { '4-bit': 4, '8-bit': 8 } as const;
export type Keypad = keyof typeof KEY_BITS;

/**
 * The key in a frame as long as the keypad's are; `bad_key` for one that is none. With 8 bits the key's code follows its
 * complement: `1` is 1110 0001.
 * @param codes of the keys 0 to 9, star and hash: 12 numbers from 0 to 15, no two the same.
 */
export function decodeKey(keypad: Keypad, { bits, value }: WiegandFrame, codes: readonly number[]): Key | 'bad_key' {
  assert(bits === KEY_BITS[keypad], 'a key is as long as the keypad sends them');
  const code = Number(value & 0xfn);
  if (keypad === '8-bit' && Number(value >> 4n) !== 15 - code) return 'bad_key';
  return KEYS[codes.indexOf(code)] ?? 'bad_key';
}
