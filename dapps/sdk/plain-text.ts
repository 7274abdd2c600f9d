import { Fault } from './fault.ts';
import { text } from './fields.ts';
import type { JsonObject } from './json.ts';

/**
 * Code points that words for people may not hold: controls, line and paragraph separators, marks that reorder the
 * text around them, letters that show as nothing, and halves of surrogate pairs. A terminal would obey some and show
 * others as something else, or not at all.
 */
const FORBIDDEN =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u115f\u1160\u200e\u200f\u202a-\u202e\u2066-\u2069\u3164\ufeff\uffa0]/u;

/**
 * Words for people on one line: trimmed, runs of white space made one space, 1 to `pointsMax` code points.
 * @throws Fault bad_text, bad_field
 */
export function plainText(from: JsonObject, name: string, pointsMax: number): string {
  const given = text(from, name).trim();
  if (FORBIDDEN.test(given))
    throw new Fault('bad_text', `${name} holds a control character, an invisible one or a line break`);
  const plain = given.replace(/\s+/g, ' ').normalize('NFC');
  const points = [...plain].length;
  if (points < 1 || points > pointsMax) {
    throw new Fault('bad_text', `${name} has 1 to ${pointsMax} characters, this one ${points}`);
  }
  return plain;
}
