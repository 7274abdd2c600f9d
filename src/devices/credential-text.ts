import { CREDENTIAL_TEXT_CHARS_MAX } from '../base/limits.ts';
import { type Credential, checkCredential, isRandomUid } from './credential.ts';
import { make, refuse } from './read-credential.ts';
import { parseWiegand, printWiegand } from './wiegand-text.ts';

/** The text that `parseCredential` reads back to the same credential. Shows the number: for the person who typed it. */
export function printCredential(credential: Credential): string {
  checkCredential(credential);
  const { family, bits, value } = credential;
  if (family === 'iso14443a')
    return `uid:${value
      .toString(16)
      .toUpperCase()
      .padStart(bits / 4, '0')}`;
  if (family === 'wiegand') return printWiegand(bits, value);
  if (bits === 40) return `hex:${value.toString(16).toUpperCase().padStart(10, '0')}`;
  if (bits === 32) return value.toString().padStart(10, '0');
  return `${(value >> 16n).toString().padStart(3, '0')},${(value & 0xffffn).toString().padStart(5, '0')}`;
}

function parseUnmarked(text: string): Credential {
  const { length } = text;
  const pair = /^([0-9]{1,3}),([0-9]{1,5})$/.exec(text);
  if (pair) {
    const [facility, card] = [BigInt(pair[1] ?? ''), BigInt(pair[2] ?? '')];
    if (facility > 0xffn || card > 0xffffn) {
      throw refuse('credential_out_of_range', 'a 3+5 number ends at 255,65535', length);
    }
    return make(24, (facility << 16n) | card, length);
  }
  if (/^[0-9]{10}$/.test(text)) {
    if (BigInt(text) >> 32n === 0n) return make(32, BigInt(text), length);
    throw refuse('credential_ambiguous', 'ten decimal digits above 4294967295; put hex: in front if it is hex', length);
  }
  if (/^[0-9]{8}$/.test(text)) {
    throw refuse('credential_ambiguous', 'eight decimal digits may be hex, 3+5 without its comma, or decimal', length);
  }
  if (/^([0-9a-f]{10}|[0-9a-f]{8})$/i.test(text)) return make(length * 4, BigInt(`0x${text}`), length);
  throw refuse('credential_unreadable', 'this is none of the forms printed on cards', length);
}

/** What follows `uid:`: the UID in the order in which the card sends it, its bytes together or parted. */
function parseUid(text: string): Credential {
  const { length } = text;
  const isUid = /^[0-9a-f]{2}([:\- ]?[0-9a-f]{2})+$/i.test(text);
  const digits = text.replace(/[^0-9a-f]/gi, '');
  if (!isUid || ![8, 14, 20].includes(digits.length)) {
    throw refuse('credential_unreadable', 'after uid: come 4, 7 or 10 bytes in hex', length);
  }
  const value = BigInt(`0x${digits}`);
  if (isRandomUid(digits.length * 4, value)) {
    throw refuse('credential_random', 'a UID of 4 bytes that begins with 08 is another one at each contact', length);
  }
  return make(digits.length * 4, value, length, 'iso14443a');
}

/**
 * Reads an EM4100 number as printed on a card or in a list. White space around it is dropped, hex may be in either
 * case. A narrow form gives only the narrow views (`viewsOf`).
 *
 * | text | gives |
 * | --- | --- |
 * | ten decimal digits, to 4294967295 | 32 bits |
 * | `FFF,NNNNN` (to 255,65535; leading zeros may be missing) | 24 bits: facility, then number |
 * | ten hex digits, at least one of A-F | 40 bits |
 * | eight hex digits, at least one of A-F | 32 bits |
 * | `hex:` and ten or eight hex digits | 40 or 32 bits |
 * | `dec:` and one to ten decimal digits | 32 bits |
 * | `uid:` and 4, 7 or 10 bytes in hex, also parted by `:`, `-` or a space | an ISO 14443 UID |
 * | `37:` and a card, or facility/card | what a 37-bit Wiegand format carries |
 * | `36:` and facility/card, or OEM/facility/card | what the 36-bit Wiegand format carries |
 *
 * Where a text has two readings, the rule is: ten decimal digits are decimal, as on nearly every card, although
 * one hex number in 256 looks like that too; every other such text is refused, because a wrong guess would
 * enrol somebody else's card. `hex:` and `dec:` settle it.
 *
 * @throws credential_unreadable, credential_ambiguous, credential_out_of_range, credential_zero, credential_random
 */
export function parseCredential(text: string): Credential {
  if (text.length > CREDENTIAL_TEXT_CHARS_MAX) {
    throw refuse('credential_unreadable', 'this is too long for a card number', text.length);
  }
  const trimmed = text.trim();
  const marked = /^(hex|dec|uid|36|37):(.*)$/i.exec(trimmed);
  if (!marked) return parseUnmarked(trimmed);
  const [, mark = '', digits = ''] = marked;
  const { length } = digits;
  if (mark === '36' || mark === '37') return parseWiegand(mark, digits);
  if (mark.toLowerCase() === 'uid') return parseUid(digits);
  if (mark.toLowerCase() === 'hex') {
    if (/^([0-9a-f]{10}|[0-9a-f]{8})$/i.test(digits)) return make(length * 4, BigInt(`0x${digits}`), length);
    throw refuse('credential_unreadable', 'after hex: come ten or eight hex digits', length);
  }
  if (/^[0-9]{1,10}$/.test(digits)) return make(32, BigInt(digits), length);
  throw refuse('credential_unreadable', 'after dec: come one to ten decimal digits', length);
}
