import { Fault } from '../sdk/fault.ts';

const NAME_POINTS_MAX = 64;

/**
 * Code points no name may hold: controls (C0, DEL, C1), line and paragraph separators, lone surrogates (no UTF-8 and
 * so no ledger carries them), and the marks that reorder text around them, with which one name can be made to look
 * like another. Joiners stay: Persian, Hindi and emoji need them.
 */
const FORBIDDEN: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x061c, 0x061c],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
];

/**
 * The name as it is kept and shown: trimmed, each run of white space one space, NFC, 1 to 64 code points.
 * @throws Fault bad_name
 */
export function cleanName(given: string): string {
  // Checked before anything is folded away, so that a line break is refused and never becomes a space.
  for (const char of given.trim()) {
    const point = char.codePointAt(0) ?? 0;
    if (FORBIDDEN.some(([from, to]) => from <= point && point <= to)) {
      throw new Fault('bad_name', `a name holds no control character, here U+${point.toString(16).padStart(4, '0')}`);
    }
  }
  const name = given.trim().replace(/\s+/g, ' ').normalize('NFC');
  // Counted after NFC, which can lengthen: 64 points here keep `name/…` well below the 512 bytes of a state key.
  const points = [...name].length;
  if (points < 1 || points > NAME_POINTS_MAX) {
    throw new Fault('bad_name', `a name has 1 to ${NAME_POINTS_MAX} characters, this one ${points}`);
  }
  return name;
}

/**
 * What makes two names the same: lower case and NFC, of a clean name. String.normalize and toLowerCase follow the
 * engine's Unicode tables; every node runs the same engine because the dapp's image, named by its digest, holds it.
 * QuickJS has both.
 */
export function foldName(clean: string): string {
  return clean.toLowerCase().normalize('NFC');
}
