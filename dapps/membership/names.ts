import { Fault } from '../sdk/fault.ts';
import { text } from '../sdk/fields.ts';
import type { JsonObject } from '../sdk/json.ts';

const NAME_POINTS_MAX = 64;
const REASON_POINTS_MAX = 200;
const NOTE_POINTS_MAX = 2_000;
/** RFC 5321 section 4.5.3.1.3: a path of 256 octets, its two angle brackets included. */
const EMAIL_CHARS_MAX = 254;

/**
 * Code points no name may hold: controls (C0, DEL, C1), line and paragraph separators, lone surrogates (no UTF-8 and
 * so no ledger carries them), the marks that reorder text around them and the letters that show as nothing (fillers of
 * Hangul), with which one name can be made to look like another. Joiners stay: Persian, Hindi and emoji need them. These
 * and other format characters are shown by their number on a terminal.
 */
const FORBIDDEN: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
];
const NEWLINE = 0x0a;
/** Format characters and variation selectors: alone they show as nothing. */
const UNSEEN = /^(?:\s|\p{Cf}|[\ufe00-\ufe0f])*$/u;

function refuseForbidden(given: string, code: string, allowed: number | null): void {
  for (const char of given) {
    const point = char.codePointAt(0) ?? 0;
    if (point !== allowed && FORBIDDEN.some(([from, to]) => from <= point && point <= to)) {
      throw new Fault(
        code,
        `text holds no control and no invisible character, here U+${point.toString(16).padStart(4, '0')}`,
      );
    }
  }
}

function refuseLength(given: string, code: string, pointsMax: number): string {
  const points = UNSEEN.test(given) ? 0 : [...given].length;
  if (points < 1 || points > pointsMax) {
    throw new Fault(code, `this text has 1 to ${pointsMax} characters, the one given ${points}`);
  }
  return given;
}

function cleanLine(given: string, code: string, pointsMax: number): string {
  // Checked before anything is folded away, so that a line break is refused and never becomes a space.
  refuseForbidden(given.trim(), code, null);
  // Counted after NFC, which can lengthen: 64 points of a name keep `name/…` well below the 512 bytes of a state key.
  return refuseLength(given.trim().replace(/\s+/g, ' ').normalize('NFC'), code, pointsMax);
}

/**
 * The name as it is kept and shown: trimmed, each run of white space one space, NFC, 1 to 64 code points.
 * @throws Fault bad_name
 */
export function cleanName(given: string): string {
  return cleanLine(given, 'bad_name', NAME_POINTS_MAX);
}

/** Why somebody is suspended: one line of 1 to 200 code points, cleaned as a name is. @throws Fault bad_reason */
export function cleanReason(given: string): string {
  return cleanLine(given, 'bad_reason', REASON_POINTS_MAX);
}

/** A note: 1 to 2,000 code points after trimming, NFC, lines allowed. @throws Fault bad_text */
export function cleanNote(given: string): string {
  const trimmed = given.trim();
  refuseForbidden(trimmed, 'bad_text', NEWLINE);
  return refuseLength(trimmed.normalize('NFC'), 'bad_text', NOTE_POINTS_MAX);
}

/**
 * The address a member reads mail at, or null where the field is absent or null. Only its form is looked at, one `@`
 * with something on both sides: whether it arrives anywhere, only a letter to it shows.
 * @throws Fault bad_email
 */
export function cleanEmail(body: JsonObject): string | null {
  if (body.email === undefined || body.email === null) return null;
  const email = text(body, 'email').trim();
  refuseForbidden(email, 'bad_email', null);
  if (email.length > EMAIL_CHARS_MAX || !/^[^\s@<>]+@[^\s@<>]+$/.test(email)) {
    throw new Fault('bad_email', 'an e-mail address looks like ada@example.org');
  }
  return email;
}

/**
 * What makes two names the same: lower case and NFC, of a clean name. String.normalize and toLowerCase follow the
 * engine's Unicode tables; every node runs the same engine because the dapp's image, named by its digest, holds it.
 * QuickJS has both.
 */
export function foldName(clean: string): string {
  return clean.toLowerCase().normalize('NFC');
}
