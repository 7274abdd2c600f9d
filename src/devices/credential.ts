import { createHmac } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { concat, utf8 } from '../base/bytes.ts';

/**
 * A kind of card, which says how wide its numbers are. A new family is one more row in `FAMILIES`.
 *
 * - `em4100`: a number of 40 bits, of which many readers report the low 32 or 24 (Wiegand of 34 and 26 bits too);
 * - `iso14443a`: a UID of 4, 7 or 10 bytes, in the order in which the card sends it, leading zeros and all;
 * - `wiegand`: what a card of a longer Wiegand format says between its parity bits.
 */
export type CredentialFamily = 'em4100' | 'iso14443a' | 'wiegand';

/**
 * What a reader read or a person typed, before hashing; also one view of it. `0 < value < 2 ** bits`, and `bits` is
 * one of the family's widths. It never goes into the ledger or a log: cards are copied from these numbers.
 */
export interface Credential {
  readonly family: CredentialFamily;
  readonly bits: number;
  readonly value: bigint;
}

interface FamilyWidths {
  /** In bits, in which readers report a card, widest first. */
  readonly widths: readonly number[];
  /** Whether a narrower one is the low bits of a wider one; else each is a number of its own. */
  readonly isNested: boolean;
}

const FAMILIES: Readonly<Record<CredentialFamily, FamilyWidths>> = {
  em4100: { widths: [40, 32, 24], isNested: true },
  iso14443a: { widths: [80, 56, 32], isNested: false },
  wiegand: { widths: [35, 34], isNested: false },
};

const HASH_DOMAIN = 'blockmesh/badge/1';
const KEY_BYTES_MIN = 16;

/** Asserts what `Credential` promises. */
export function checkCredential(credential: Credential): void {
  assert(FAMILIES[credential.family].widths.includes(credential.bits), 'a credential has a width of its family');
  assert(credential.value > 0n && credential.value >> BigInt(credential.bits) === 0n, 'a credential fits its width');
}

export function isSameCredential(one: Credential, other: Credential): boolean {
  return one.family === other.family && one.bits === other.bits && one.value === other.value;
}

/**
 * The views that can be computed from `credential`, widest first, itself included. A view whose low bits are all 0
 * is left out: it is also what a broken reader sends, and must never match a person.
 */
export function viewsOf(credential: Credential): readonly Credential[] {
  checkCredential(credential);
  const { family } = credential;
  const { widths, isNested } = FAMILIES[family];
  return widths
    .filter((bits) => (isNested ? bits <= credential.bits : bits === credential.bits))
    .map((bits) => ({ family, bits, value: BigInt.asUintN(bits, credential.value) }))
    .filter((view) => view.value !== 0n);
}

/**
 * Whether a UID as the card sends it is made up anew at each contact, as phones do: 4 bytes that begin with 08 (ISO/IEC
 * 14443-3, 6.5.4). It is nobody's, and a phone left on a reader would be a new card ten times a second.
 */
export function isRandomUid(bits: number, value: bigint): boolean {
  return bits === 32 && value >> 24n === 0x08n;
}

/** The family of a card of whose views only the widths are known: no two families share a set of widths. */
export function familyOfWidths(widths: readonly number[]): CredentialFamily {
  if (widths.some((bits) => bits === 34 || bits === 35)) return 'wiegand';
  const isUid = widths.length === 1 && FAMILIES.iso14443a.widths.includes(widths[0] ?? 0);
  return isUid ? 'iso14443a' : 'em4100';
}

/**
 * The only form in which a view is stored: 64 lower-case hex digits of HMAC-SHA-256 under `key` over
 *
 *     "blockmesh/badge/1"  00  family  00  bits (1 byte)  value (bits / 8 bytes, rounded up, big-endian)
 *
 * with both texts in ASCII. The width is part of the message, so views of different widths never collide.
 */
export function hashView(key: Uint8Array, view: Credential): string {
  checkCredential(view);
  assert(key.length >= KEY_BYTES_MIN, 'a badge key is long enough not to be guessed');
  const value = Buffer.from(view.value.toString(16).padStart(Math.ceil(view.bits / 8) * 2, '0'), 'hex');
  const nul = Uint8Array.of(0);
  const message = concat(utf8(HASH_DOMAIN), nul, utf8(view.family), nul, Uint8Array.of(view.bits), value);
  return createHmac('sha256', key).update(message).digest('hex');
}
