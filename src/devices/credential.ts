import { createHmac } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { concat, utf8 } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { CREDENTIAL_TEXT_CHARS_MAX } from '../base/limits.ts';

/** A kind of card, which says how wide its numbers are. A new family is one more row in `VIEW_BITS`. */
type CredentialFamily = 'em4100';

/**
 * What a reader read or a person typed, before hashing; also one view of it. `0 < value < 2 ** bits`, and `bits` is
 * one of the family's widths. It never goes into the ledger or a log: cards are copied from these numbers.
 */
export interface Credential {
  readonly family: CredentialFamily;
  readonly bits: number;
  readonly value: bigint;
}

/** Widths in which readers report a card, widest first. A narrower one is the low bits of a wider one. */
const VIEW_BITS: Readonly<Record<CredentialFamily, readonly number[]>> = { em4100: [40, 32, 24] };

const HASH_DOMAIN = 'blockmesh/badge/1';
const KEY_BYTES_MIN = 16;

function check(credential: Credential): void {
  assert(VIEW_BITS[credential.family].includes(credential.bits), 'a credential has a width of its family');
  assert(credential.value > 0n && credential.value >> BigInt(credential.bits) === 0n, 'a credential fits its width');
}

/**
 * The views that can be computed from `credential`, widest first, itself included. A view whose low bits are all 0
 * is left out: it is also what a broken reader sends, and must never match a person.
 */
export function viewsOf(credential: Credential): readonly Credential[] {
  check(credential);
  const { family } = credential;
  return VIEW_BITS[family]
    .filter((bits) => bits <= credential.bits)
    .map((bits) => ({ family, bits, value: BigInt.asUintN(bits, credential.value) }))
    .filter((view) => view.value !== 0n);
}

/**
 * The only form in which a view is stored: 64 lower-case hex digits of HMAC-SHA-256 under `key` over
 *
 *     "blockmesh/badge/1"  00  family  00  bits (1 byte)  value (bits / 8 bytes, big-endian)
 *
 * with both texts in ASCII. The width is part of the message, so views of different widths never collide.
 */
export function hashView(key: Uint8Array, view: Credential): string {
  check(view);
  assert(key.length >= KEY_BYTES_MIN, 'a badge key is long enough not to be guessed');
  const value = Buffer.from(view.value.toString(16).padStart(view.bits / 4, '0'), 'hex');
  const nul = Uint8Array.of(0);
  const message = concat(utf8(HASH_DOMAIN), nul, utf8(view.family), nul, Uint8Array.of(view.bits), value);
  return createHmac('sha256', key).update(message).digest('hex');
}

/** The text that `parseCredential` reads back to the same credential. Shows the number: for the person who typed it. */
export function printCredential(credential: Credential): string {
  check(credential);
  const { bits, value } = credential;
  if (bits === 40) return `hex:${value.toString(16).toUpperCase().padStart(10, '0')}`;
  if (bits === 32) return value.toString().padStart(10, '0');
  return `${(value >> 16n).toString().padStart(3, '0')},${(value & 0xffffn).toString().padStart(5, '0')}`;
}

// The text is never part of an error: errors are logged, and the number is what a card is copied from.
function refuse(code: string, message: string, length: number): CodedError {
  return new CodedError(code, message, {
    fields: { length },
    advice:
      'write it as printed: 0003681434 (ten digits), 056,11418 (3+5), or hex:0100382C9A (ten or eight hex digits)',
  });
}

function make(bits: number, value: bigint, length: number): Credential {
  if (value >> BigInt(bits) !== 0n) {
    throw refuse('credential_out_of_range', `the number does not fit ${bits} bits`, length);
  }
  if (value === 0n) throw refuse('credential_zero', 'the number 0 is what a broken reader sends', length);
  return { family: 'em4100', bits, value };
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
 *
 * Where a text has two readings, the rule is: ten decimal digits are decimal, as on nearly every card, although
 * one hex number in 256 looks like that too; every other such text is refused, because a wrong guess would
 * enrol somebody else's card. `hex:` and `dec:` settle it.
 *
 * @throws credential_unreadable, credential_ambiguous, credential_out_of_range, credential_zero
 */
export function parseCredential(text: string): Credential {
  if (text.length > CREDENTIAL_TEXT_CHARS_MAX) {
    throw refuse('credential_unreadable', 'this is too long for a card number', text.length);
  }
  const trimmed = text.trim();
  const marked = /^(hex|dec):(.*)$/i.exec(trimmed);
  if (!marked) return parseUnmarked(trimmed);
  const digits = marked[2] ?? '';
  const { length } = digits;
  if (marked[1]?.toLowerCase() === 'hex') {
    if (/^([0-9a-f]{10}|[0-9a-f]{8})$/i.test(digits)) return make(length * 4, BigInt(`0x${digits}`), length);
    throw refuse('credential_unreadable', 'after hex: come ten or eight hex digits', length);
  }
  if (/^[0-9]{1,10}$/.test(digits)) return make(32, BigInt(digits), length);
  throw refuse('credential_unreadable', 'after dec: come one to ten decimal digits', length);
}
