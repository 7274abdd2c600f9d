import type { Json, JsonObject } from '../base/json.ts';

/** The width that a door asks for unless it is made with another: `door add --bits`. */
export const DOOR_BITS_DEFAULT = 32;

/** Whether a card with views of these widths is known to fewer doors than most. */
export function isNarrow(bits: Json | undefined): boolean {
  return Math.max(...(bits as readonly number[])) < DOOR_BITS_DEFAULT;
}

/** Lines about a card of whose number too little was typed for most doors; none where there is enough of it. */
export function narrowCardText({ bits }: JsonObject): string {
  if (!isNarrow(bits)) return '';
  return [
    '',
    'only 24 bits of its number are known from this, so only doors made with `--bits 24` know the card',
    'the 10 digits on the card say more: remove it, and give it again by these',
  ].join('\n');
}
